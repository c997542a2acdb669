import { promisify } from "node:util";
import connectPgSimple from "connect-pg-simple";
import type { Request, RequestHandler } from "express";
import session, { type Session, type SessionData } from "express-session";
import type { Pool } from "pg";
import type { Logger } from "pino";
import type { Config } from "../config.js";
import type { Database } from "../database.js";
import type { Account, Prisma, Role } from "../generated/prisma/client.js";
import { describeError } from "../http/log.js";
import { Problem } from "../http/problem.js";

/** An account as the rest of the application knows it: without its password's hash. */
export type Member = Omit<Account, "passwordHash">;

declare module "express-session" {
  interface SessionData {
    accountId: string;
    /** The account's when the session began: when that counts on, the session has ended. */
    epoch: number;
    since: string;
    address: string;
    agent: string;
    /** Only on the way from the store to the request. */
    account?: Member;
  }
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express's own way to add to a request
  namespace Express {
    interface Request {
      /** The account that is signed in, as it is now. */
      account?: Member;
    }
  }
}

const COOKIE = "conducky.sid";
const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;
/** The oldest beyond these end. */
const MOST_SESSIONS = 20;

/** Each role may do what the one before it may, and more. */
const RANK: Record<Role, number> = { reporter: 0, responder: 1, administrator: 2 };

export const mayActAs = ({ role }: Pick<Account, "role">, wanted: Role): boolean => RANK[role] >= RANK[wanted];

const FIND = `
  SELECT s.sess, a.id, a.name, a.email, a.role, a.created_at AS "createdAt", a.disabled_at AS "disabledAt",
         a.session_epoch AS "sessionEpoch", a.news_since AS "newsSince"
  FROM sessions s JOIN accounts a ON a.id = (s.sess ->> 'accountId')::uuid
  WHERE s.sid = $1 AND s.expire > now() AND a.disabled_at IS NULL
    AND a.session_epoch = coalesce((s.sess ->> 'epoch')::int, 0)`;

/** Reads a session and its account in one query: every request does. */
class SessionStore extends connectPgSimple(session) {
  constructor(
    private readonly database: Pool,
    log: Logger,
  ) {
    super({
      pool: database,
      tableName: "sessions",
      createTableIfMissing: false,
      // A session lasts seven days from sign-in; renewing it would be a write for each request
      disableTouch: true,
      errorLog: (...reasons: unknown[]) => {
        log.error({ error: describeError(reasons.find((reason) => reason instanceof Error)) }, "session store failed");
      },
    });
  }

  override get(sid: string, done: (error: unknown, found?: SessionData | null) => void): void {
    this.database.query<Member & { sess: SessionData }>({ name: "session", text: FIND, values: [sid] }).then(
      ({ rows: [row] }) => {
        if (row) {
          const { sess, ...account } = row;
          done(null, { ...sess, account });
        } else {
          done(null, null);
        }
      },
      (error: unknown) => {
        done(error);
      },
    );
  }

  override createSession(request: Request, stored: SessionData): Session & SessionData {
    request.account = stored.account;
    // Off the object itself: express-session compares it with the session to know whether that has to be saved
    delete stored.account;
    return super.createSession(request, stored);
  }
}

/** Sessions kept in Postgres, so that every task knows them. `close` ends the store's own work. */
export function createSessions({ pool }: Database, config: Config, log: Logger) {
  const store = new SessionStore(pool, log);
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
    // use http: FRONTEND_BASE_URL has the scheme that the browser uses.
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

/** Gives the browser a new session; its id is new, so that one planted before signing in is worth nothing. */
export async function startSession(tx: Prisma.TransactionClient, request: Request, account: Member): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM sessions WHERE sid IN (
      SELECT sid FROM sessions WHERE sess ->> 'accountId' = ${account.id}
      ORDER BY sess ->> 'since' DESC NULLS LAST OFFSET ${MOST_SESSIONS - 1})`;
  await promisify(request.session.regenerate.bind(request.session))();
  Object.assign(request.session, {
    accountId: account.id,
    epoch: account.sessionEpoch,
    since: new Date().toISOString(),
    address: request.address,
    agent: request.get("user-agent")?.slice(0, 200) ?? "",
  });
  request.account = account;
}

export async function endSession(request: Request): Promise<void> {
  await promisify(request.session.destroy.bind(request.session))();
  request.res?.clearCookie(COOKIE);
}

/** Ends every session of an account, also one that is just beginning; the account as it is then. */
export async function endAllSessions(tx: Prisma.TransactionClient, id: string): Promise<Account> {
  await tx.$executeRaw`DELETE FROM sessions WHERE sess ->> 'accountId' = ${id}`;
  return await tx.account.update({ where: { id }, data: { sessionEpoch: { increment: 1 } } });
}

/** The account that a request comes from. Throws a 401 when signed out and a 403 when it may not act in this role. */
export function requireAccount({ account }: Request, wanted: Role = "reporter"): Member {
  if (!account) throw new Problem(401, "Please sign in.");
  if (!mayActAs(account, wanted)) throw new Problem(403, `Only ${wanted}s can do this.`);
  return account;
}
