import type { PrismaClient } from "./generated/prisma/client.js";

/** What is running, all of it as Postgres answers it (but the revision). `empty`: nobody has registered yet. */
export async function readStatus(prisma: PrismaClient, revision: string) {
  const [versions, migrations, account] = await Promise.all([
    prisma.$queryRaw<{ server_version: string }[]>`SHOW server_version`,
    prisma.$queryRaw<{ migration_name: string }[]>`
      SELECT migration_name FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
      ORDER BY finished_at DESC LIMIT 1`,
    prisma.account.findFirst({ select: { id: true } }),
  ]);
  return {
    service: "backend",
    revision,
    database: {
      // "15.18 (Debian 15.18-0+deb12u1)" where a distribution adds its own version
      version: versions[0]?.server_version.split(" ")[0] ?? null,
      migration: migrations[0]?.migration_name ?? null,
    },
    empty: account === null,
  };
}
