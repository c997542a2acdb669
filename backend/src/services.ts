import type { Pool } from "pg";
import type { createTokens } from "./accounts/tokens.js";
import type { Config } from "./config.js";
import type { PrismaClient } from "./generated/prisma/client.js";
import type { Limits } from "./http/limits.js";

/** What the routes work with. */
export interface Services {
  config: Config;
  prisma: PrismaClient;
  pool: Pool;
  tokens: ReturnType<typeof createTokens>;
  limits: Limits;
}
