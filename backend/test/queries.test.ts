import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { withWords } from "../src/reports/list.js";
import { createReset, file, invite, makeWorld, sql, testApp, tokenOf, type World } from "./support.js";

const application = testApp();
let world: World;
beforeAll(async () => {
  world = await makeWorld(application);
});
afterAll(application.close);

/** The statements that a request sends to Postgres. */
async function statementsOf(send: () => PromiseLike<unknown>): Promise<string[]> {
  const sent = vi.spyOn(pg.Client.prototype, "query");
  try {
    await send();
    return sent.mock.calls.map(([statement]) => {
      const asked = statement as unknown as string | { text: string };
      return (typeof asked === "string" ? asked : asked.text).trim().replace(/\s+/g, " ");
    });
  } finally {
    sent.mockRestore();
  }
}

test("a session and its account take one round trip", async () => {
  const { reporter } = world;
  expect(await statementsOf(() => reporter.agent.get("/api/session").expect(200))).toHaveLength(1);
});

test("a list of reports takes two: one for the session, one for the page and how many there are", async () => {
  const { reporter, administrator } = world;
  for (const { agent } of [reporter, administrator])
    for (const path of ["/api/reports?state=submitted", "/api/reports?search=shouting"])
      expect(await statementsOf(() => agent.get(path).expect(200))).toHaveLength(2);
});

test("asking for news, which open pages do all the time, takes two as well", async () => {
  for (const { agent } of [world.reporter, world.administrator])
    expect(await statementsOf(() => agent.get("/api/news").expect(200))).toHaveLength(2);
});

test("a request without a session asks nothing about one", async () => {
  const { default: request } = await import("supertest");
  expect(await statementsOf(() => request(application.app).get("/api/session").expect(200))).toEqual([]);
});

test("every query for one of many is answered from an index", async () => {
  await sql(
    `INSERT INTO accounts (id, name, email, password_hash, role)
     SELECT gen_random_uuid(), 'N' || n, 'n' || n || '@example.org', '-', 'reporter' FROM generate_series(1, 20000) n`,
    `INSERT INTO sessions (sid, sess, expire)
     SELECT id, json_build_object('accountId', id), now() + interval '1 day' FROM accounts`,
    `INSERT INTO audit (id, action, account_id) SELECT gen_random_uuid(), 'signed_in', id FROM accounts`,
    `INSERT INTO reports (id, title, description, reporter_id)
     SELECT gen_random_uuid(), 'T', 'D', id FROM accounts`,
    `INSERT INTO report_subjects (report_id, account_id) SELECT id, reporter_id FROM reports`,
    `INSERT INTO report_reads (report_id, account_id, at) SELECT id, reporter_id, now() FROM reports`,
    `INSERT INTO events (id, report_id, kind, actor_id) SELECT gen_random_uuid(), id, 'filed', reporter_id FROM reports`,
    `INSERT INTO invitations (id, role, expires_at, token_hash) SELECT id, 'reporter', now(), id::text FROM reports`,
    "ANALYZE",
  );
  const { id } = world.reporter.account;
  const queries = [
    `SELECT 1 FROM sessions s JOIN accounts a ON a.id = (s.sess ->> 'accountId')::uuid WHERE s.sid = 'x'`,
    `DELETE FROM sessions WHERE sess ->> 'accountId' = '${id}'`,
    `SELECT sid FROM sessions WHERE sess ->> 'accountId' = '${id}' AND expire > now() ORDER BY expire DESC`,
    `SELECT id FROM audit WHERE account_id = '${id}' AND action = 'signed_in' ORDER BY id DESC LIMIT 1`,
    `SELECT report_id FROM report_subjects WHERE account_id = '${id}'`,
    `SELECT id FROM accounts WHERE role = 'administrator' AND disabled_at IS NULL`,
    `SELECT id FROM reports WHERE reporter_id = '${id}' ORDER BY id DESC LIMIT 21`,
    `SELECT id FROM reports WHERE state = ANY('{submitted}') AND id < '${id}' ORDER BY id DESC LIMIT 21`,
    withWords("seldom").text.replace("$1", "'''seldom'':*'"),
    `SELECT at FROM report_reads WHERE account_id = '${id}' AND report_id = '${id}'`,
    `SELECT 1 FROM events WHERE report_id = '${id}' AND at > now() AND actor_id <> '${id}'`,
    `SELECT id FROM invitations WHERE token_hash = 'x'`,
    `SELECT id FROM reports WHERE id NOT IN (SELECT report_id FROM report_subjects WHERE account_id = '${id}')
     ORDER BY id DESC LIMIT 21`,
  ];
  for (const query of queries) {
    const plan = (await sql(`EXPLAIN ${query}`)).map((line) => String(line["QUERY PLAN"])).join("\n");
    expect(plan, query).toMatch(/Index/);
    expect(plan, query).not.toMatch(/Seq Scan on (sessions|accounts|audit|reports|report_subjects|report_reads|events|invitations)/);
  }
});

test("no statement is built from what people send", async () => {
  const { administrator, reporter } = world;
  const marks: string[] = [];
  const mark = () => {
    marks.push(`mark'${marks.length}`);
    return marks.at(-1) ?? "";
  };
  const statements = await statementsOf(async () => {
    const report = await file(reporter, { title: mark(), description: mark() });
    await reporter.agent.get(`/api/reports?search=${encodeURIComponent(mark())}`).expect(200);
    await reporter.agent.post(`/api/reports/${report.id}/comments`).send({ text: mark() }).expect(201);
    await administrator.agent.get("/api/audit").expect(200);
    tokenOf(await invite(administrator, "responder", mark()));
    await createReset(administrator, reporter);
    await reporter.agent.get("/api/sessions").set("User-Agent", mark()).expect(200);
  });
  expect(statements.length).toBeGreaterThan(15);
  for (const statement of statements)
    for (const sent of [...marks, reporter.account.id]) expect(statement).not.toContain(sent);
});

test("the application's connections give no statement more than fifteen seconds", async () => {
  const { openDatabase } = await import("../src/database.js");
  const { pino } = await import("pino");
  const database = openDatabase(process.env.DATABASE_URL ?? "", pino({ level: "silent" }));
  try {
    const { rows } = await database.pool.query(
      "SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle",
    );
    expect(rows).toEqual([{ statement: "15s", idle: "15s" }]);
  } finally {
    await database.close();
  }
});
