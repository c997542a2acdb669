import { createHmac, randomUUID } from "node:crypto";
import pg from "pg";
import { pino } from "pino";
import request from "supertest";
import { expect } from "vitest";
import { createAdministratorLink } from "../src/accounts/administrator-link.js";
import { hashPassword } from "../src/accounts/password.js";
import { createTokens } from "../src/accounts/tokens.js";
import { createApp, type Application } from "../src/app.js";
import { loadConfig, type Config } from "../src/config.js";
import { openDatabase } from "../src/database.js";

export const JWT_SECRET = "jwt-secret-for-the-tests-0123456789abcdef";
export const SESSION_SECRET = "session-secret-for-the-tests-0123456789";
export const CORS_ORIGIN = "http://shop.example";
export const FRONTEND_BASE_URL = "http://localhost:3000";
export const PASSWORD = "a-fake-password-for-tests";

/** A complete environment; the database is the one the tests were given. */
export const environment = (overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATABASE_URL: process.env.DATABASE_URL,
  JWT_SECRET,
  SESSION_SECRET,
  FRONTEND_BASE_URL,
  CORS_ORIGIN,
  APP_REVISION: "r1",
  NODE_ENV: "test",
  ...overrides,
});

export const testConfig = (overrides: NodeJS.ProcessEnv = {}): Config => loadConfig(environment(overrides));

export const testApp = (overrides: NodeJS.ProcessEnv = {}): Application =>
  createApp(testConfig(overrides), pino({ level: "silent" }));

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2, allowExitOnIdle: true });

/** Runs statements one after the other as the owner of the test database; the rows of the last. */
export async function sql(...statements: string[]): Promise<Record<string, unknown>[]> {
  let rows: Record<string, unknown>[] = [];
  for (const statement of statements) ({ rows } = await pool.query<Record<string, unknown>>(statement));
  return rows;
}

/** Makes the installation empty again. */
export const emptyDatabase = () =>
  sql("TRUNCATE accounts, invitations, password_resets, reports, report_subjects, report_reads, events, sessions, audit, limits");

/** Lets the next test begin as if nobody had tried anything yet. */
export const forgetLimits = () => sql("TRUNCATE limits");

/** The `Cookie` header for the session that an answer begins. */
export const cookieOf = ({ headers }: request.Response): string =>
  [headers["set-cookie"] ?? []]
    .flat()
    .find((cookie) => cookie.startsWith("conducky.sid="))
    ?.split(";")[0] ?? "";

/** A link for an administrator, as the command line creates it. */
export async function administratorLink(overrides: NodeJS.ProcessEnv = {}): Promise<string> {
  const config = testConfig(overrides);
  const database = openDatabase(config.DATABASE_URL, pino({ level: "silent" }));
  try {
    return await createAdministratorLink({ config, prisma: database.prisma, tokens: createTokens(config.JWT_SECRET) });
  } finally {
    await database.close();
  }
}

export type { Application };

export type Agent = ReturnType<typeof request.agent>;

export interface AccountBody {
  id: string;
  name: string;
  email: string;
  role: string;
  createdAt: string;
  disabledAt: string | null;
}

export interface PersonBody {
  id: string;
  name: string;
  role: string;
}

export interface EventBody {
  id: string;
  at: string;
  kind: string;
  actor: PersonBody;
  text?: string;
}

export interface ReportBody {
  id: string;
  title: string;
  description: string;
  state: string;
  createdAt: string;
  updatedAt: string;
  unread: boolean;
  moves: string[];
  reporter: PersonBody;
  about: PersonBody[];
  conflict: string | null;
  timeline: PageBody<EventBody>;
}

export interface InvitationBody {
  id: string;
  role: string;
  addressee: string | null;
  url: string;
}

export interface PageBody<Item> {
  items: Item[];
  next: string | null;
  total: number;
}

/** Somebody who is signed in: a browser's cookies, and the account. */
export interface Member {
  agent: Agent;
  account: AccountBody;
}

let registered = 0;

/** A client's address that no other test uses, so that none meets the limit of another. */
export function nextAddress(): string {
  registered += 1;
  return `10.0.${registered >> 8}.${registered & 255}`;
}

const emailOf = (name: string) => `${name.toLowerCase().replaceAll(" ", "-")}-${registered}@example.org`;

/** Registers somebody by the form, in a browser of their own, with an invitation if a token is given. */
export async function register({ app }: Application, name: string, token?: string): Promise<Member> {
  const agent = request.agent(app);
  const address = nextAddress();
  const registering = agent
    .post("/api/accounts")
    .set("X-Forwarded-For", address)
    .send({ name, email: emailOf(name), password: PASSWORD });
  if (token !== undefined) void registering.set("Authorization", `Bearer ${token}`);
  const { status, body } = await registering;
  expect(status, JSON.stringify(body)).toBe(201);
  return { agent, account: (body as { account: AccountBody }).account };
}

let passwordHash: Promise<string> | undefined;

/** Somebody of a role who is signed in, past the forms: without the time that hashing takes. */
export async function enter({ app }: Application, name: string, role = "reporter"): Promise<Member> {
  nextAddress();
  const [id, sid] = [uuidv7(), randomUUID()];
  passwordHash ??= hashPassword(PASSWORD);
  await pool.query("INSERT INTO accounts (id, name, email, password_hash, role) VALUES ($1, $2, $3, $4, $5)", [
    id,
    name,
    emailOf(name),
    await passwordHash,
    role,
  ]);
  const cookie = {
    originalMaxAge: 604_800_000,
    expires: new Date(Date.now() + 604_800_000),
    httpOnly: true,
    path: "/",
    sameSite: "lax",
  };
  const stored = { cookie, accountId: id, epoch: 0, since: new Date().toISOString(), address: "192.0.2.1", agent: "" };
  await pool.query("INSERT INTO sessions (sid, sess, expire) VALUES ($1, $2, now() + interval '7 days')", [
    sid,
    stored,
  ]);
  const agent = request.agent(app);
  agent.jar.setCookie(signedCookie(sid));
  const { body } = await agent.get("/api/session").expect(200);
  return { agent, account: (body as { account: AccountBody }).account };
}

/** A session's cookie, signed as express-session does. */
export function signedCookie(sid: string): string {
  const signature = createHmac("sha256", SESSION_SECRET).update(sid).digest("base64").replace(/=+$/, "");
  return `conducky.sid=${encodeURIComponent(`s:${sid}.${signature}`)}`;
}

/** Ids of version 7, which sort by their time, as the application makes them. */
function uuidv7(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

export const tokenOf = ({ url }: { url: string }): string => new URL(url).hash.slice(1);

/** Signs somebody in, in another browser of theirs. */
export async function signInAgain({ app }: Application, { account }: Member): Promise<Agent> {
  const agent = request.agent(app);
  await agent
    .post("/api/session")
    .set("X-Forwarded-For", nextAddress())
    .send({ email: account.email, password: PASSWORD })
    .expect(200);
  return agent;
}

export async function invite({ agent }: Member, role: string, addressee?: string): Promise<InvitationBody> {
  const { body } = await agent.post("/api/invitations").send({ role, addressee }).expect(201);
  return body as InvitationBody;
}

/** A link for somebody's new password, by an administrator. */
export async function createReset({ agent }: Member, { account }: Member): Promise<{ url: string; expiresAt: string }> {
  const { body } = await agent.post(`/api/accounts/${account.id}/password-reset`).expect(201);
  return body as { url: string; expiresAt: string };
}

export interface World {
  administrator: Member;
  responder: Member;
  reporter: Member;
  stranger: Member;
}

/** An empty installation, then one person of each role, and a second reporter. */
export async function makeWorld(application: Application): Promise<World> {
  await emptyDatabase();
  return {
    administrator: await enter(application, "Ada", "administrator"),
    responder: await enter(application, "Rosa", "responder"),
    reporter: await enter(application, "Rita"),
    stranger: await enter(application, "Stan"),
  };
}

export const incident = { title: "Shouting", description: "Somebody shouted during the talk." };

export async function file({ agent }: Member, body: object = incident): Promise<ReportBody> {
  const response = await agent.post("/api/reports").send(body).expect(201);
  return response.body as ReportBody;
}

export async function move({ agent }: Member, { id }: ReportBody, ...states: string[]): Promise<void> {
  for (const state of states) await agent.patch(`/api/reports/${id}`).send({ state }).expect(200);
}

/** Reopens a report that was in this state when the person looked. */
export const reopen = ({ agent }: Member, { id }: { id: string }, from: string) =>
  agent.patch(`/api/reports/${id}`).send({ state: "investigating", from });

/** A report of this account, and its only event, written past the limit on filing. */
export async function storeReport({ account }: Member): Promise<{ id: string; event: string }> {
  const [row] = await sql(
    `WITH report AS (
       INSERT INTO reports (id, title, description, reporter_id)
       VALUES (gen_random_uuid(), '${incident.title}', '${incident.description}', '${account.id}') RETURNING id
     )
     INSERT INTO events (id, report_id, kind, actor_id)
     SELECT gen_random_uuid(), id, 'filed', '${account.id}' FROM report RETURNING report_id AS id, id AS event`,
  );
  return { id: String(row?.id), event: String(row?.event) };
}
