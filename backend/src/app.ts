import { PrismaPg } from "@prisma/adapter-pg";
import connectPgSimple from "connect-pg-simple";
import cors from "cors";
import express, { type Express } from "express";
import session from "express-session";
import helmet from "helmet";
import pg from "pg";
import type { Logger } from "pino";
import type { Config } from "./config.js";
import { PrismaClient } from "./generated/prisma/client.js";
import { describeError, logRequests } from "./log.js";
import { Problem, handleErrors, unknownPath } from "./problem.js";
import { reportRoutes } from "./reports.js";
import { readStatus } from "./status.js";

const SESSION_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

export interface Application {
  app: Express;
  /** Ends the connections to the database. */
  close: () => Promise<void>;
}

/** The whole HTTP application, not yet listening. */
export function createApp(config: Config, log: Logger): Application {
  const pool = new pg.Pool({ connectionString: config.DATABASE_URL, max: 10, connectionTimeoutMillis: 5_000 });
  // Without a listener the loss of an idle connection would end the process
  pool.on("error", (error) => {
    log.warn({ error: describeError(error) }, "database connection lost");
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const store = new (connectPgSimple(session))({
    pool,
    tableName: "sessions",
    createTableIfMissing: false,
    errorLog: (...reasons: unknown[]) => {
      log.error({ error: describeError(reasons.find((reason) => reason instanceof Error)) }, "session store failed");
    },
  });

  const app = express();
  // One load balancer stands in front: the last X-Forwarded-For address is the client's
  app.set("trust proxy", 1);
  app.disable("x-powered-by");
  app.use((_request, response, next) => {
    response.set("X-Revision", config.APP_REVISION);
    next();
  });

  // Liveness asks no database: a short outage of it must not get every task killed
  app.get("/health", (_request, response) => {
    response.json({ status: "ok", revision: config.APP_REVISION });
  });

  app.use(logRequests(log), helmet());

  app.get("/ready", async (_request, response) => {
    try {
      await prisma.$queryRaw`SELECT 1`;
    } catch (error) {
      log.warn({ error: describeError(error) }, "database unreachable");
      throw new Problem(503, "The database cannot be reached.");
    }
    response.json({ status: "ready" });
  });

  app.use(cors({ origin: config.CORS_ORIGIN, credentials: true, exposedHeaders: ["X-Revision"], maxAge: 600 }));
  app.use("/api", (_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });

  app.get("/api/status", async (_request, response) => {
    response.json(await readStatus(prisma, config.APP_REVISION));
  });

  app.use(express.json({ limit: "64kb" }));
  app.use(
    session({
      store,
      name: "conducky.sid",
      secret: config.SESSION_SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: {
        httpOnly: true,
        sameSite: "lax",
        secure: config.FRONTEND_BASE_URL.startsWith("https://"),
        maxAge: SESSION_LIFETIME_MS,
      },
    }),
  );
  app.use("/api", reportRoutes(prisma, config));

  app.use(unknownPath);
  app.use(handleErrors(log));

  return {
    app,
    async close() {
      store.close();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
