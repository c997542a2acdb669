import { setTimeout as sleep } from "node:timers/promises";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Logger } from "pino";
import { z } from "zod";
import { PrismaClient } from "./generated/prisma/client.js";
import { describeError } from "./http/log.js";

const adapterError = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ kind: z.string() }) }) }),
});

// Kinds of Prisma's driver adapters
const CONNECTION_FAULTS = new Set([
  "AuthenticationFailed",
  "ConnectionClosed",
  "DatabaseNotReachable",
  "SocketTimeout",
  "TlsConnectionError",
  "TooManyConnections",
]);

/** Whether an error means that the database cannot be reached now, and not that a query was wrong. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // P1…: Prisma's errors about connections, P2028: none was free for a transaction; ECONN…: the socket's; 08…, 57P0…:
  // Postgres's, when it starts or stops
  if ("code" in error && /^(P1|P2028|ECONN|ENOTFOUND|EAI_AGAIN|08|57P0)/.test(String(error.code))) return true;
  const kind = adapterError.safeParse(error).data?.meta.driverAdapterError.cause.kind;
  if (kind !== undefined && CONNECTION_FAULTS.has(kind)) return true;
  // The pool's own, which have no code
  return /^(timeout exceeded when trying to connect|Connection terminated)/.test(error.message);
}

export interface Database {
  prisma: PrismaClient;
  /** The connections that Prisma uses too. */
  pool: pg.Pool;
  /** Resolves when the database answers, over the connections that stay open. */
  warmUp: () => Promise<void>;
  close: () => Promise<void>;
}

const KEPT_CONNECTIONS = 2;

// Longer than any query here takes; and than a TLS connection, which takes seconds on a busy quarter of a processor.
// The frontend waits 20 s.
const LIMITS = { connectionTimeoutMillis: 15_000, statement_timeout: 15_000, idle_in_transaction_session_timeout: 15_000 };

/**
 * Connects when a query needs it, or to warm up. The role is the owner of the database: a second one, with a password of
 * its own, is more than it would bring here. So every statement has parameters, none is built from text that people
 * sent, and none may take longer than LIMITS.
 */
export function openDatabase(url: string, log: Logger, largest = 10): Database {
  const kept = Math.min(KEPT_CONNECTIONS, largest);
  const pool = new pg.Pool({ connectionString: url, max: largest, min: kept, ...LIMITS });
  // Without a listener the loss of an idle connection would end the process
  pool.on("error", (error) => {
    log.warn({ error: describeError(error) }, "database connection lost");
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    prisma,
    pool,
    async warmUp() {
      const ask = () => prisma.$queryRaw`SELECT 1`.then(() => null, describeError);
      for (;;) {
        const error = (await Promise.all(Array.from({ length: kept }, ask))).find(Boolean);
        if (!error) return;
        log.warn({ error }, "waiting for the database");
        await sleep(500);
      }
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
