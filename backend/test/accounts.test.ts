import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  PASSWORD,
  emptyDatabase,
  makeWorld,
  register,
  sql,
  testApp,
  type AccountBody,
  type PageBody,
} from "./support.js";

const application = testApp();
const { app } = application;
beforeEach(emptyDatabase);
afterAll(application.close);

const person = { name: "Ada", email: "ada@example.org", password: PASSWORD };
const fieldsOf = (body: unknown) => (body as { errors: { field: string }[] }).errors.map(({ field }) => field);

describe("registering", () => {
  test("makes the first account administrator and the next ones reporters", async () => {
    const isEmpty = async () => ((await request(app).get("/api/status").expect(200)).body as { empty: boolean }).empty;
    expect(await isEmpty()).toBe(true);
    expect((await register(application, "Ada")).account.role).toBe("administrator");
    expect(await isEmpty()).toBe(false);
    expect((await register(application, "Ben")).account.role).toBe("reporter");
  });

  test("makes exactly one administrator when several come first at the same time", async () => {
    const members = await Promise.all(["A", "B", "C", "D", "E"].map((name) => register(application, name)));
    const roles = members.map(({ account }) => account.role).sort();
    expect(roles).toEqual(["administrator", "reporter", "reporter", "reporter", "reporter"]);
  });

  test("signs in, and answers the account without its password", async () => {
    const agent = request.agent(app);
    const { body, text } = await agent.post("/api/accounts").send({ ...person, name: "  Ada " }).expect(201);
    expect(body).toEqual({
      account: {
        id: expect.any(String),
        name: "Ada",
        email: "ada@example.org",
        role: "administrator",
        createdAt: expect.any(String),
      },
    });
    expect(text).not.toMatch(/argon2|password/i);
    await agent.get("/api/session").expect(200, body);
  });

  test("keeps passwords as argon2id with at least OWASP's least cost", async () => {
    await request(app).post("/api/accounts").send(person).expect(201);
    const [row] = await sql("SELECT password_hash FROM accounts");
    const [, m, t] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(String(row?.password_hash)) ?? [];
    expect(Number(m)).toBeGreaterThanOrEqual(19_456);
    expect(Number(t)).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ["no body", undefined, ["name", "email", "password"]],
    ["blank fields", { name: " ", email: "", password: "" }, ["name", "email", "password"]],
    ["an address that is none", { ...person, email: "ada at example.org" }, ["email"]],
    ["a short password", { ...person, password: "elevenchars" }, ["password"]],
    ["long fields", { name: "x".repeat(81), email: `${"x".repeat(250)}@a.de`, password: "x".repeat(129) }, ["name", "email", "password"]],
    ["wrong types", { name: 1, email: {}, password: [] }, ["name", "email", "password"]],
    ["half a surrogate pair", { ...person, name: "a\ud800" }, ["name"]],
  ])("refuses %s and names the fields", async (_case, body, fields) => {
    const response = await request(app).post("/api/accounts").send(body).expect(400);
    expect(fieldsOf(response.body)).toEqual(fields);
  });

  test("refuses a second account with the same address, however it is written", async () => {
    await request(app).post("/api/accounts").send(person).expect(201);
    const again = await request(app).post("/api/accounts").send({ ...person, email: " ADA@Example.org" }).expect(409);
    expect(fieldsOf(again.body)).toEqual(["email"]);
    expect(again.headers["set-cookie"]).toBeUndefined();
  });

  test("cannot choose its own role", async () => {
    await register(application, "Ada");
    const { body } = await request(app).post("/api/accounts").send({ ...person, role: "administrator" }).expect(201);
    expect((body as { account: AccountBody }).account.role).toBe("reporter");
  });

  test("is limited for each address", async () => {
    const limited = testApp();
    try {
      const post = async (address: string) =>
        (await request(limited.app).post("/api/accounts").set("X-Forwarded-For", address).send({})).status;
      for (let sent = 0; sent < 60; sent += 1) expect(await post("203.0.113.1")).toBe(400);
      expect(await post("203.0.113.1")).toBe(429);
      expect(await post("203.0.113.2")).toBe(400);
    } finally {
      await limited.close();
    }
  });
});

describe("roles", () => {
  test("change at once, also for somebody who is signed in", async () => {
    const { administrator, reporter } = await makeWorld(application);
    await reporter.agent.get("/api/accounts").expect(403);
    const { body } = await administrator.agent
      .patch(`/api/accounts/${reporter.account.id}`)
      .send({ role: "administrator" })
      .expect(200);
    expect(body).toEqual({ account: { ...reporter.account, role: "administrator" } });
    await reporter.agent.get("/api/accounts").expect(200);
    await administrator.agent.patch(`/api/accounts/${reporter.account.id}`).send({ role: "reporter" }).expect(200);
    await reporter.agent.get("/api/accounts").expect(403);
  });

  test("leave at least one administrator", async () => {
    const { administrator, reporter } = await makeWorld(application);
    const demote = (id: string) => administrator.agent.patch(`/api/accounts/${id}`).send({ role: "responder" });
    await demote(administrator.account.id).expect(409);
    await administrator.agent.patch(`/api/accounts/${reporter.account.id}`).send({ role: "administrator" }).expect(200);
    // Two administrators take each other's role at the same time
    const other = reporter.agent.patch(`/api/accounts/${administrator.account.id}`).send({ role: "responder" });
    const answers = await Promise.all([demote(reporter.account.id), other]);
    expect(answers.map(({ status }) => status).sort()).not.toEqual([200, 200]);
    const [row] = await sql("SELECT count(*) FROM accounts WHERE role = 'administrator'");
    expect(Number(row?.count)).toBeGreaterThan(0);
  });

  test.each([
    ["00000000-0000-4000-8000-000000000000", { role: "reporter" }, 404],
    ["nonsense", { role: "reporter" }, 404],
    ["00000000-0000-4000-8000-000000000000", { role: "king" }, 400],
    ["00000000-0000-4000-8000-000000000000", {}, 400],
  ])("answer %s with %j as %i", async (id, body, status) => {
    const { agent } = await register(application, "Ada");
    await agent.patch(`/api/accounts/${id}`).send(body).expect(status);
  });
});

test("accounts are listed newest first, in pages", async () => {
  const { administrator, responder, reporter, stranger } = await makeWorld(application);
  const page = async (query: string) =>
    (await administrator.agent.get(`/api/accounts?${query}`).expect(200)).body as PageBody<AccountBody>;
  const first = await page("limit=3");
  expect(first).toEqual({
    items: [stranger.account, reporter.account, responder.account],
    next: responder.account.id,
    total: 4,
  });
  expect(await page(`limit=3&before=${first.next ?? ""}`)).toEqual({
    items: [administrator.account],
    next: null,
    total: 4,
  });
});

test.each(["limit=0", "limit=101", "limit=x", "limit=", "limit=1&limit=2", "before=1", "before="])(
  "a page of ?%s is refused",
  async (query) => {
    const { agent } = await register(application, "Ada");
    const { body } = await agent.get(`/api/accounts?${query}`).expect(400);
    expect(fieldsOf(body)).toEqual([query.split("=")[0]]);
  },
);
