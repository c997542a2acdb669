import { X509Certificate } from "node:crypto";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environment, sql } from "./support.js";

/** Starts a task as its image does, with a command in the place of the server. */
async function startTask(
  databaseUrl: string,
  overrides: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; printed: string }> {
  const child = spawn("./entrypoint.sh", ["echo", "the server starts"], {
    env: { ...process.env, ...environment({ DATABASE_URL: databaseUrl }), ...overrides },
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (printed += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, printed };
}

test(
  "three tasks that start together on an empty database migrate it once, and all start",
  { timeout: 120_000 },
  async () => {
    const name = `migrations_${process.pid}`;
    const url = new URL(process.env.DATABASE_URL ?? "");
    url.pathname = `/${name}`;
    await sql(`CREATE DATABASE ${name}`);
    try {
      const tasks = await Promise.all([1, 2, 3].map(() => startTask(url.href)));
      for (const { code, printed } of tasks) {
        expect(code, printed).toBe(0);
        expect(printed).toContain("the server starts");
        expect(printed).not.toContain(url.password);
      }
      const again = await startTask(url.href);
      expect([again.code, again.printed]).toEqual([0, expect.stringContaining("No pending migrations")]);
      expect(tasks.filter(({ printed }) => printed.includes("have been successfully applied"))).toHaveLength(1);
      const diff = `migrate diff --from-config-datasource --to-schema prisma/schema.prisma --exit-code`;
      const compared = spawnSync("npx", ["--no-install", "prisma", ...diff.split(" ")], {
        encoding: "utf8",
        env: { ...process.env, DATABASE_URL: url.href },
      });
      expect(compared.status, compared.stdout + compared.stderr).toBe(0);
    } finally {
      await sql(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  },
);

test.each([
  [
    "an unverified connection",
    { DATABASE_URL: "postgresql://app:fake-password@127.0.0.1:1/none?sslmode=require" },
    "DATABASE_URL",
  ],
  ["equal secrets", { SESSION_SECRET: environment().JWT_SECRET }, "SESSION_SECRET"],
])("a task in production with %s ends before it connects, with one line", async (_case, overrides, name) => {
  const url = "postgresql://app:fake-password@127.0.0.1:1/none?sslmode=verify-full";
  const { code, printed } = await startTask(url, { NODE_ENV: "production", ...overrides });
  expect(code).toBe(1);
  expect(printed).toMatch(new RegExp(`^The backend cannot start because of its environment: ${name} .*\\.\n$`));
  expect(printed).not.toContain("fake-password");
});

test("a task whose migrations cannot reach the database starts nothing, and says why", async () => {
  const { code, printed } = await startTask("postgresql://app:fake-password@127.0.0.1:1/none?sslmode=verify-full");
  expect(code).toBe(1);
  expect(printed).toMatch(/P1001|Can't reach database server/);
  expect(printed).not.toContain("the server starts");
  expect(printed).not.toContain("fake-password");
});

test("the migrations make exactly the schema", () => {
  const diff = "migrate diff --from-migrations prisma/migrations --to-schema prisma/schema.prisma --exit-code";
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", "prisma", ...diff.split(" ")], {
    encoding: "utf8",
  });
  expect(status, stdout + stderr).toBe(0);
});

test("the RDS certificate authorities are valid, regional, and written for Node and for the system", () => {
  const folder = mkdtempSync(join(tmpdir(), "rds-ca-"));
  try {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/write-rds-ca.mjs", folder], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const files = readdirSync(join(folder, "rds"));
    expect(files).toContain("rds-us-east-1-RSA2048-G1.crt");
    expect(files).toContain("rds-eu-central-1-ECC384-G1.crt");
    const single = files.map((file) => readFileSync(join(folder, "rds", file), "utf8"));
    expect(readFileSync(join(folder, "rds-ca.pem"), "utf8")).toBe(single.join(""));
    for (const pem of single) {
      const { ca, subject, validTo } = new X509Certificate(pem);
      expect(ca).toBe(true);
      expect(subject).not.toMatch(/beta|preview/i);
      expect(new Date(validTo).getTime()).toBeGreaterThan(Date.now());
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
