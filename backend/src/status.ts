import type { RequestHandler } from "express";
import { mayActAs } from "./accounts/sessions.js";
import type { Services } from "./services.js";

/** Whether the API answers from its database; for administrators also what is running, as Postgres has it. */
export const showStatus =
  ({ prisma, config }: Services): RequestHandler =>
  async ({ account }, response) => {
    if (!account || !mayActAs(account, "administrator")) {
      await prisma.$queryRaw`SELECT 1`;
      response.json({ status: "ok" });
      return;
    }
    const [[version], [migration]] = await Promise.all([
      prisma.$queryRaw<{ server_version: string }[]>`SHOW server_version`,
      prisma.$queryRaw<{ migration_name: string }[]>`
        SELECT migration_name FROM _prisma_migrations
        WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
        ORDER BY finished_at DESC LIMIT 1`,
    ]);
    response.json({
      status: "ok",
      revision: config.APP_REVISION,
      database: {
        // "15.18 (Debian 15.18-0+deb12u1)" where a distribution adds its own version
        version: version?.server_version.split(" ")[0] ?? null,
        migration: migration?.migration_name ?? null,
      },
    });
  };
