import { spawnSync } from "node:child_process";

/** Applies the migrations to the database the tests use, as entrypoint.sh does. */
export default function migrate(): void {
  if (!process.env.DATABASE_URL) throw new Error("The tests need DATABASE_URL, the URL of an empty Postgres database.");
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", "prisma", "migrate", "deploy"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`prisma migrate deploy failed:\n${stdout}\n${stderr}`);
}
