import { randomUUID } from "node:crypto";
import cors from "cors";
import express, { type Express, type RequestHandler } from "express";
import helmet from "helmet";
import type { Logger } from "pino";
import { accountRoutes } from "./accounts.js";
import type { Config } from "./config.js";
import { openDatabase } from "./database.js";
import { createInvitations, invitationRoutes } from "./invitations.js";
import { logRequests } from "./log.js";
import { Problem, handleErrors, unknownPath } from "./problem.js";
import { reportRoutes } from "./reports.js";
import { createSessions } from "./sessions.js";
import { readStatus } from "./status.js";

export interface Application {
  app: Express;
  /** Ends the connections to the database. */
  close: () => Promise<void>;
}

const nameAnswer =
  (revision: string): RequestHandler =>
  (_request, response, next) => {
    response.set({ "X-Revision": revision, "X-Request-Id": randomUUID() });
    next();
  };

/** Browsers send along from which site a page calls; a call without an origin comes from no other site's page. */
const refuseForeignPages =
  ({ CORS_ORIGIN, FRONTEND_BASE_URL }: Config): RequestHandler =>
  (request, _response, next) => {
    const origin = request.get("origin");
    if (origin !== undefined && !CORS_ORIGIN.includes(origin)) {
      throw new Problem(403, `Only pages of ${FRONTEND_BASE_URL} may call this.`);
    }
    next();
  };

const takeJsonOnly: RequestHandler = (request, _response, next) => {
  const isEmpty = request.get("content-length") === "0";
  if (!isEmpty && request.is("application/json") === false) throw new Problem(415, "A body has to be JSON (application/json).");
  next();
};

/** The whole HTTP application, not yet listening. */
export function createApp(config: Config, log: Logger): Application {
  const database = openDatabase(config.DATABASE_URL, log);
  const { prisma } = database;
  const sessions = createSessions(database, config, log);
  const invitations = createInvitations(prisma, config);

  const app = express();
  // One load balancer stands in front: the last X-Forwarded-For address is the client's
  app.set("trust proxy", 1);
  app.disable("x-powered-by");
  app.use(nameAnswer(config.APP_REVISION));

  // Liveness asks no database: a short outage of it must not get every task killed
  app.get("/health", (_request, response) => {
    response.json({ status: "ok", revision: config.APP_REVISION });
  });

  app.use(logRequests(log), helmet());

  app.get("/ready", async (_request, response) => {
    await prisma.$queryRaw`SELECT 1`;
    response.json({ status: "ready" });
  });

  const api = express.Router();
  api.use((_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  api.use(cors({ origin: config.CORS_ORIGIN, credentials: true, exposedHeaders: ["X-Revision"], maxAge: 600 }));
  api.use(refuseForeignPages(config));
  api.get("/status", async (_request, response) => {
    response.json(await readStatus(prisma, config.APP_REVISION));
  });
  api.use(takeJsonOnly, express.json({ limit: "64kb" }), sessions.middleware);
  api.use(accountRoutes(prisma, invitations), invitationRoutes(prisma, invitations), reportRoutes(prisma));
  app.use("/api", api);

  app.use(unknownPath);
  app.use(handleErrors(log));

  return {
    app,
    async close() {
      sessions.close();
      await database.close();
    },
  };
}
