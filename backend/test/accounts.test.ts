import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  PASSWORD,
  emptyDatabase,
  makeWorld,
  nextAddress,
  register,
  enter,
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
const post = (body: object | undefined, address = nextAddress()) =>
  request(app).post("/api/accounts").set("X-Forwarded-For", address).send(body);
const fieldsOf = (body: unknown) => (body as { errors: { field: string }[] }).errors.map(({ field }) => field);

describe("registering", () => {
  test("on an empty installation makes a reporter, and nothing tells a stranger that it is empty", async () => {
    const { text } = await request(app).get("/api/status").expect(200);
    expect((await register(application, "Race")).account.role).toBe("reporter");
    const first = await Promise.all(["A", "B", "C"].map((name) => register(application, name)));
    expect(first.map(({ account }) => account.role)).toEqual(["reporter", "reporter", "reporter"]);
    await request(app).get("/api/status").expect(200, text);
  });

  test("signs in, and answers the account without its password", async () => {
    const agent = request.agent(app);
    const { body, text } = await agent
      .post("/api/accounts")
      .send({ ...person, name: "  Ada " })
      .expect(201);
    expect(body).toEqual({
      account: {
        id: expect.any(String),
        name: "Ada",
        email: "ada@example.org",
        role: "reporter",
        createdAt: expect.any(String),
        disabledAt: null,
      },
    });
    expect(text).not.toMatch(/argon2|password/i);
    await agent.get("/api/session").expect(200, body);
  });

  test("keeps passwords as argon2id with at least OWASP's least cost", async () => {
    await post(person).expect(201);
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
    [
      "long fields",
      { name: "x".repeat(81), email: `${"x".repeat(250)}@a.de`, password: "x".repeat(129) },
      ["name", "email", "password"],
    ],
    ["wrong types", { name: 1, email: {}, password: [] }, ["name", "email", "password"]],
  ])("refuses %s and names the fields", async (_case, body, fields) => {
    const response = await post(body).expect(400);
    expect(fieldsOf(response.body)).toEqual(fields);
  });

  test.each([
    ["a direction override", "Ada\u202e"],
    ["a direction isolate", "\u2066Ada"],
    ["a direction mark", "Ada\u200f"],
    ["a line end", "Ada\nBen"],
    ["a line separator", "Ada\u2028Ben"],
    ["a bell", "\u0007Ada"],
    ["a null character", "A\0da"],
    ["half a surrogate pair", "Ada\ud800"],
    ["a zero-width space", "Ada\u200b"],
    ["nothing but a zero-width space", "\u200b"],
    ["a byte order mark inside", "A\ufeffda"],
    ["a soft hyphen", "A\u00adda"],
    ["a Hangul filler", "\u3164"],
    ["a blank Braille cell", "\u2800"],
    ["a joiner between Latin letters", "A\u200dda"],
    ["a tag character", "Ada\u{e0041}"],
    ["an unassigned character", "Ada\u0378"],
    ["a private character", "Ada\ue000"],
    ["a variation selector", "Ada\ufe0f"],
    ["no letter", "!!!"],
  ])("refuses a name with %s", async (_case, name) => {
    const response = await post({ ...person, name }).expect(400);
    expect(fieldsOf(response.body)).toEqual(["name"]);
  });

  test.each([
    ["علی\u200cرضا", "علی\u200cرضا"],
    ["क्\u200dष", "क्\u200dष"],
    ["李明", "李明"],
    ["Zoe\u0308  O’Brien-Nuñez", "Zoë O’Brien-Nuñez"],
    ["R2\u00a0D2", "R2 D2"],
  ])("keeps the name %j, in its composed form and with plain blanks", async (name, kept) => {
    const { body } = await post({ ...person, name }).expect(201);
    expect((body as { account: AccountBody }).account.name).toBe(kept);
  });

  test.each([
    "password1234",
    "Password1234!",
    "P@ssw0rd2024",
    " ".repeat(12),
    "aaaaaaaaaaaa",
    "123456789012",
    "abcdefghijkl",
    "qwertyuiop[]",
    "1q2w3e4r5t6y",
    "letmeinletmein",
    "iloveyou1234",
    "administrator",
    "conducky12345",
    "ada@example.org",
    "ADA@EXAMPLE.ORG",
    "ada.example.org!",
    "lovelace1815",
  ])("refuses the password %j, which is guessed first", async (password) => {
    const response = await post({ ...person, name: "Ada Lovelace", password }).expect(400);
    expect(fieldsOf(response.body)).toEqual(["password"]);
    expect(response.text).not.toContain(JSON.stringify(password).slice(1, -1));
  });

  test.each(["\ud800".repeat(12), "correct horse\ud800", "correct\thorse battery"])(
    "refuses the password %j, which is not well-formed text",
    async (password) => {
      expect(fieldsOf((await post({ ...person, password }).expect(400)).body)).toEqual(["password"]);
    },
  );

  test.each(["correct horse battery", "über-geheimes-wort 7", "tHe8#kq!zLp2"])(
    "takes the password %j",
    async (password) => {
      await post({ ...person, password }).expect(201);
    },
  );

  test("judges a password by its first forty characters, as judging long ones takes the processor from everybody", async () => {
    await post({ ...person, password: `${"a".repeat(40)}tHe8#kq!zLp2` }).expect(400);
    await post({ ...person, password: `tHe8#kq!zLp2${"a".repeat(40)}` }).expect(201);
  });

  test("refuses a second account with the same address, however it is written", async () => {
    await post(person).expect(201);
    const again = await post({ ...person, email: " ADA@Example.org" }).expect(409);
    expect(fieldsOf(again.body)).toEqual(["email"]);
    expect(again.headers["set-cookie"]).toBeUndefined();
  });

  test("tells of ten addresses an hour at most that they have an account, and says so to nobody before a valid form", async () => {
    await post(person).expect(201);
    await post({ ...person, password: "short" }).expect(400);
    const statuses = [];
    for (let asked = 0; asked < 12; asked += 1) statuses.push((await post(person, "203.0.113.9")).status);
    expect(statuses).toEqual([...Array<number>(10).fill(409), 429, 429]);
    const refused = await post({ ...person, email: "nobody@example.org" }, "203.0.113.9").expect(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(3_000);
    await post({ ...person, email: "nobody@example.org" }).expect(201);
  });

  test("takes an address that nobody checks, and its owner gets the account by an administrator's link", async () => {
    const administrator = await enter(application, "Root", "administrator");
    const { body } = await post({ ...person, email: "president@example.org" }).expect(201);
    const { id } = (body as { account: AccountBody }).account;
    const { body: reset } = await administrator.agent.post(`/api/accounts/${id}/password-reset`).expect(201);
    const token = new URL((reset as { url: string }).url).hash.slice(1);
    const password = "the owner's own phrase";
    await request(app)
      .post("/api/password-reset")
      .set("Authorization", `Bearer ${token}`)
      .send({ password })
      .expect(204);
    await request(app).post("/api/session").send({ email: "president@example.org", password: PASSWORD }).expect(401);
    await request(app).post("/api/session").send({ email: "president@example.org", password }).expect(200);
  });

  test("cannot choose its own role", async () => {
    const { body } = await post({ ...person, role: "administrator" }).expect(201);
    expect((body as { account: AccountBody }).account.role).toBe("reporter");
  });

  test("is limited for each address, and forms that are not valid do not count", async () => {
    for (let sent = 0; sent < 70; sent += 1) await post({}, "203.0.113.1").expect(400);
    await sql(`UPDATE limits SET points = 0`);
    await post(person, "203.0.113.1").expect(201);
    await sql("UPDATE limits SET points = 60 WHERE key LIKE 'registrations:%'");
    const refused = await post({ ...person, email: "next@example.org" }, "203.0.113.1").expect(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    await post({ ...person, email: "next@example.org" }, "203.0.113.2").expect(201);
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
    const { agent } = await enter(application, "Ada", "administrator");
    const { body } = await agent.get(`/api/accounts?${query}`).expect(400);
    expect(fieldsOf(body)).toEqual([query.split("=")[0]]);
  },
);
