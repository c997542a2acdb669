import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import pg from "pg";
import request from "supertest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashPassword } from "../src/accounts/password.js";
import { createTokens } from "../src/accounts/tokens.js";
import type { Application } from "../src/app.js";
import { JWT_SECRET, PASSWORD, environment, nextAddress, signedCookie, sql, testApp, type ReportBody } from "./support.js";

const FIRST = "20260201090000_init";
const NAME = `first_release_${process.pid}`;
const url = new URL(process.env.DATABASE_URL ?? "");
url.pathname = `/${NAME}`;

const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, "0")}`;
const [ADA, ROSA, RITA] = [id(1), id(2), id(3)];
const TABLES = ["accounts", "invitations", "reports", "events", "sessions"];

let client: pg.Client;
let application: Application;
let before: Record<string, unknown>[];

const query = async (statement: string, values: unknown[] = []) =>
  (await client.query<Record<string, unknown>>(statement, values)).rows;
const NEW = ["disabled_at", "session_epoch", "news_since", "addressee", "token_hash"].map((column) => ` - '${column}'`);

/** Every row of the first release's tables, with the columns that it knew. */
async function everything(): Promise<Record<string, unknown>[]> {
  const found = [];
  for (const table of TABLES) {
    const rows = await query(`SELECT to_jsonb(t)${NEW.join("")} AS row FROM ${table} t ORDER BY 1`);
    found.push({ table, rows });
  }
  return found;
}

/** The session of an account as the first release stored it, and the cookie that it gave. */
async function storeSession(sid: string, accountId: string): Promise<string> {
  const cookie = {
    originalMaxAge: 604_800_000,
    expires: "2036-01-01T00:00:00.000Z",
    httpOnly: true,
    path: "/",
    sameSite: "lax",
  };
  await query("INSERT INTO sessions (sess, expire, sid) SELECT $1, to_timestamp($2), $3", [
    { cookie, accountId },
    2_082_758_400,
    sid,
  ]);
  return signedCookie(sid);
}

const fileReport = async (number: number, reporter: string) => {
  await query(
    "INSERT INTO reports (id, title, description, state, reporter_id) VALUES ($1, $2, 'As it happened.', 'acknowledged', $3)",
    [id(number), `Report ${number}`, reporter],
  );
  await query("INSERT INTO events (id, report_id, kind, actor_id) VALUES ($1, $2, 'filed', $3)", [
    id(number + 500),
    id(number),
    reporter,
  ]);
  await query(
    "INSERT INTO events (id, report_id, kind, actor_id, from_state, to_state) VALUES ($1, $2, 'moved', $3, 'submitted', 'acknowledged')",
    [id(number + 600), id(number), ROSA],
  );
  await query("INSERT INTO events (id, report_id, kind, actor_id, text) VALUES ($1, $2, 'commented', $3, 'Noted.')", [
    id(number + 700),
    id(number),
    RITA,
  ]);
};
const storeAccount = async (accountId: string, name: string, role: string) => {
  const values = [accountId, name, `${name.toLowerCase()}@example.org`, await hashPassword(PASSWORD), role];
  await query("INSERT INTO accounts (id, name, email, password_hash, role) VALUES ($1, $2, $3, $4, $5::role)", values);
};

let cookies: Record<string, string>;

beforeAll(async () => {
  await sql(`CREATE DATABASE ${NAME}`);
  client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(readFileSync(`prisma/migrations/${FIRST}/migration.sql`, "utf8"));
  const env = { ...process.env, ...environment({ DATABASE_URL: url.href }) };
  const marked = spawnSync("npx", ["--no-install", "prisma", "migrate", "resolve", "--applied", FIRST], {
    encoding: "utf8",
    env,
  });
  expect(marked.status, marked.stdout + marked.stderr).toBe(0);
  for (const [accountId, name, role] of [
    [ADA, "Ada", "administrator"],
    [ROSA, "Rosa", "responder"],
    [RITA, "Rita\u202e", "reporter"],
  ]) {
    await storeAccount(accountId ?? "", name ?? "", role ?? "");
  }
  for (let number = 100; number < 150; number += 1) await fileReport(number, number % 2 ? RITA : ROSA);
  await query(
    `INSERT INTO invitations (id, role, created_by_id, expires_at) VALUES ($1, 'responder', $2, now() + interval '7 days')`,
    [id(900), ADA],
  );
  await query(
    `INSERT INTO invitations (id, role, created_by_id, expires_at, accepted_at, accepted_by_id)
     VALUES ($1, 'responder', $2, now() + interval '7 days', now(), $3)`,
    [id(901), ADA, ROSA],
  );
  cookies = { ada: await storeSession("session-of-ada", ADA), rita: await storeSession("session-of-rita", RITA) };
  before = await everything();
  const { status, stdout, stderr } = spawnSync("./entrypoint.sh", ["echo", "it starts"], { encoding: "utf8", env });
  expect(status, stdout + stderr).toBe(0);
  application = testApp({ DATABASE_URL: url.href });
});
afterAll(async () => {
  await application.close();
  await client.end();
  await sql(`DROP DATABASE ${NAME} WITH (FORCE)`);
});

const get = (path: string, cookie = "") => request(application.app).get(path).set("Cookie", cookie);

test("the later migrations change no row of the first release", async () => {
  expect(await everything()).toEqual(before);
  expect(await query("SELECT 1 FROM accounts WHERE disabled_at IS NOT NULL OR session_epoch <> 0")).toEqual([]);
});

test("everybody stays signed in, in their role, and their passwords work", async () => {
  await get("/api/session", cookies.ada)
    .expect(200)
    .expect(({ body }) => {
      expect(body).toMatchObject({ account: { id: ADA, role: "administrator" } });
    });
  await get("/api/accounts", cookies.ada).expect(200);
  await get("/api/accounts", cookies.rita).expect(403);
  const { body } = await get("/api/sessions", cookies.rita).expect(200);
  expect(body).toMatchObject({ items: [{ since: null, address: null, current: true }] });
  for (const name of ["ada", "rosa"]) {
    await request(application.app)
      .post("/api/session")
      .set("X-Forwarded-For", nextAddress())
      .send({ email: `${name}@example.org`, password: PASSWORD })
      .expect(200);
  }
});

test("every report is there with its history, and can be handled", async () => {
  const { body } = await get("/api/reports?limit=100", cookies.ada).expect(200);
  expect(body).toMatchObject({ total: 50 });
  const report = (await get(`/api/reports/${id(101)}`, cookies.rita).expect(200)).body as ReportBody;
  expect(report).toMatchObject({ title: "Report 101", state: "acknowledged", about: [], conflict: null });
  expect(report.timeline.items.map(({ kind }) => kind)).toEqual(["commented", "moved", "filed"]);
  await request(application.app)
    .patch(`/api/reports/${id(101)}`)
    .set("Cookie", cookies.ada ?? "")
    .send({ state: "investigating" })
    .expect(200);
});

test("open invitations stay open, and their links work", async () => {
  const { body } = await get("/api/invitations", cookies.ada).expect(200);
  expect(body).toMatchObject({ total: 1, items: [{ id: id(900), addressee: null, createdBy: { id: ADA } }] });
  const token = await createTokens(JWT_SECRET).sign("invitation", id(900), new Date(Date.now() + 60_000));
  await request(application.app).get("/api/invitation").set("Authorization", `Bearer ${token}`).expect(200);
});

test("nothing that happened before the migration is news, and what tasks of an earlier release do after it is", async () => {
  const news = async () => (await get("/api/news", cookies.ada).expect(200)).body as { unread: number };
  // What the other tests here have done since
  await query("UPDATE events SET at = at - interval '1 day'");
  expect(await news()).toMatchObject({ unread: 0 });
  // Without the columns and tables that they do not know
  await fileReport(3_000, RITA);
  await query(
    `INSERT INTO invitations (id, role, created_by_id, expires_at, accepted_at, accepted_by_id)
     VALUES ($1, 'reporter', $2, now(), now(), $3)`,
    [id(902), ADA, RITA],
  );
  expect(await news()).toMatchObject({ unread: 1 });
  const { body } = await get("/api/reports?search=as+it+happ&limit=1", cookies.ada).expect(200);
  expect(body).toMatchObject({ items: [{ id: id(3_000), unread: true }] });
  await query("DELETE FROM reports WHERE id = $1", [id(3_000)]);
});

test("tasks of the first release keep working until they are replaced", async () => {
  await storeAccount(id(4), "Late", "reporter");
  await fileReport(2_000, id(4));
  const cookie = await storeSession("session-of-late", id(4));
  await get(`/api/reports/${id(2_000)}`, cookie).expect(200);
  // What they do with a session: read, store again, end
  expect(await query("SELECT sess FROM sessions WHERE sid = 'session-of-late' AND expire >= now()")).toHaveLength(1);
  await storeSession("session-of-late-2", id(4));
  await query("DELETE FROM sessions WHERE sid = 'session-of-late'");
  await get(`/api/reports/${id(2_000)}`, cookie).expect(401);
});
