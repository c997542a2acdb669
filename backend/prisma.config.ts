import { defineConfig } from "prisma/config";

/**
 * The address of the database in the words of Prisma's schema engine, which does not know
 * `sslmode=verify-full` and would silently fall back to unverified TLS. Empty when none is
 * set: generating the client needs no database.
 */
function engineUrl(databaseUrl = ""): string {
  if (!URL.canParse(databaseUrl)) return databaseUrl;
  const url = new URL(databaseUrl);
  if (url.searchParams.get("sslmode") === "verify-full") {
    url.searchParams.set("sslmode", "require");
    url.searchParams.set("sslaccept", "strict");
    url.searchParams.delete("sslrootcert");
  }
  return url.href;
}

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: engineUrl(process.env.DATABASE_URL) },
});
