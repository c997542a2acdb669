import { promisify } from "node:util";
import connectPgSimple from "connect-pg-simple";
import type { Request, RequestHandler } from "express";
import session from "express-session";
import type { Logger } from "pino";
import type { Config } from "./config.js";
import type { Database } from "./database.js";
import type { Account, PrismaClient, Role } from "./generated/prisma/client.js";
import { describeError } from "./log.js";
import { Problem } from "./problem.js";

declare module "express-session" {
  interface SessionData {
    accountId: string;
  }
}

const COOKIE = "conducky.sid";
const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** Each role may do what the one before it may, and more. */
const RANK: Record<Role, number> = { reporter: 0, responder: 1, administrator: 2 };

export const mayActAs = ({ role }: Account, wanted: Role): boolean => RANK[role] >= RANK[wanted];

/** Sessions kept in Postgres, so that every task knows them. `close` ends the store's own work. */
export function createSessions({ pool }: Database, config: Config, log: Logger) {
  const store = new (connectPgSimple(session))({
    pool,
    tableName: "sessions",
    createTableIfMissing: false,
    // A session lasts its seven days from sign-in; renewing it would be a write for each request
    disableTouch: true,
    errorLog: (...reasons: unknown[]) => {
      log.error({ error: describeError(reasons.find((reason) => reason instanceof Error)) }, "session store failed");
    },
  });
  const secure = config.FRONTEND_BASE_URL.startsWith("https://");
  const handle = session({
    store,
    name: COOKIE,
    secret: config.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure, maxAge: LIFETIME_MS },
  });
  const middleware: RequestHandler = (request, response, next) => {
    // express-session sends no Secure cookie over what it takes for http, and the last of several proxies may well
    // speak http: what the browser speaks is what FRONTEND_BASE_URL says.
    if (secure) Object.defineProperty(request, "secure", { value: true });
    handle(request, response, next);
  };
  return {
    middleware,
    close: () => {
      store.close();
    },
  };
}

/** Gives the browser a new session of this account; a new id, so that one planted before signing in is worth nothing. */
export async function startSession(request: Request, { id }: Account): Promise<void> {
  await promisify(request.session.regenerate.bind(request.session))();
  request.session.accountId = id;
}

export async function endSession(request: Request): Promise<void> {
  await promisify(request.session.destroy.bind(request.session))();
  request.res?.clearCookie(COOKIE);
}

/** Whose session the request belongs to, as the account is now; null when signed out. */
export async function findAccount(prisma: PrismaClient, { session }: Request): Promise<Account | null> {
  const { accountId } = session;
  return accountId === undefined ? null : await prisma.account.findUnique({ where: { id: accountId } });
}

/** The account a request comes from. Throws a 401 when signed out and a 403 when it may not act in this role. */
export async function requireAccount(
  prisma: PrismaClient,
  request: Request,
  wanted: Role = "reporter",
): Promise<Account> {
  const account = await findAccount(prisma, request);
  if (!account) throw new Problem(401, "Please sign in.");
  if (!mayActAs(account, wanted)) throw new Problem(403, `This takes the role ${wanted}.`);
  return account;
}
