import { randomUUID } from "node:crypto";
import cors from "cors";
import express, { type Express, type RequestHandler } from "express";
import helmet from "helmet";
import type { Logger } from "pino";
import { invitationRoutes } from "./accounts/invitations.js";
import { memberRoutes } from "./accounts/members.js";
import { passwordRoutes } from "./accounts/password-routes.js";
import { registrationRoutes } from "./accounts/registration.js";
import { createSessions } from "./accounts/sessions.js";
import { signInRoutes } from "./accounts/sign-in.js";
import { createTokens } from "./accounts/tokens.js";
import { auditRoutes } from "./audit/routes.js";
import type { Config } from "./config.js";
import { openDatabase } from "./database.js";
import { setClientAddress } from "./http/client-address.js";
import { createLimits } from "./http/limits.js";
import { logRequests } from "./http/log.js";
import { Problem, handleErrors, unknownPath } from "./http/problem.js";
import { newsRoutes } from "./reports/news.js";
import { reportRoutes } from "./reports/routes.js";
import type { Services } from "./services.js";
import { showStatus } from "./status.js";

export interface Application {
  app: Express;
  /** Resolves when the database answers. */
  warmUp: () => Promise<void>;
  /** Ends the connections to the database. */
  close: () => Promise<void>;
}

const nameAnswer =
  (revision: string): RequestHandler =>
  (_request, response, next) => {
    response.set({ "X-Revision": revision, "X-Request-Id": randomUUID() });
    next();
  };

/** Browsers name the site whose page calls; a call without an origin does not come from another site's page. */
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
  if (!isEmpty && request.is("application/json") === false)
    throw new Problem(415, "The body must be JSON (application/json).");
  next();
};

/** The whole HTTP application, not yet listening. */
export function createApp(config: Config, log: Logger): Application {
  const database = openDatabase(config.DATABASE_URL, log, config.DATABASE_POOL_SIZE);
  const { prisma, pool } = database;
  const sessions = createSessions(database, config, log);
  const services: Services = {
    config,
    prisma,
    pool,
    tokens: createTokens(config.JWT_SECRET),
    limits: createLimits(pool),
  };

  const app = express();
  // Nothing here is kept by browsers, which would ask by its tag
  app.disable("x-powered-by").disable("etag");
  app.use(nameAnswer(config.APP_REVISION));

  // Liveness does not use the database: a short outage of it must not get every task killed
  app.get("/health", (_request, response) => {
    response.json({ status: "ok", revision: config.APP_REVISION });
  });

  app.use(setClientAddress(config), logRequests(log), helmet());

  app.get("/ready", async (_request, response) => {
    await prisma.$queryRaw`SELECT 1`;
    response.json({ status: "ready" });
  });

  const api = express.Router();
  api.use((_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  const exposedHeaders = ["X-Revision", "Retry-After"];
  api.use(cors({ origin: config.CORS_ORIGIN, credentials: true, exposedHeaders, maxAge: 600 }));
  api.use(refuseForeignPages(config), takeJsonOnly, express.json({ limit: "64kb" }), sessions.middleware);
  api.get("/status", showStatus(services));
  // First what is asked for most: a path is compared with each route before its own
  api.use(reportRoutes(services), newsRoutes(services));
  api.use(signInRoutes(services), registrationRoutes(services), passwordRoutes(services));
  api.use(memberRoutes(services), invitationRoutes(services), auditRoutes(services));
  app.use("/api", api);

  app.use(unknownPath);
  app.use(handleErrors(log));

  return {
    app,
    warmUp: database.warmUp,
    async close() {
      sessions.close();
      await database.close();
    },
  };
}
