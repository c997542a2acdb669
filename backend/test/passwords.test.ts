import { SignJWT } from "jose";
import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  FRONTEND_BASE_URL,
  JWT_SECRET,
  PASSWORD,
  createReset,
  forgetLimits,
  invite,
  makeWorld,
  nextAddress,
  enter,
  signInAgain,
  sql,
  testApp,
  tokenOf,
  type Member,
  type World,
} from "./support.js";

const application = testApp();
const { app } = application;
const NEW = "quite another phrase";
let world: World;
beforeEach(async () => {
  world = await makeWorld(application);
});
afterAll(application.close);

const change = ({ agent }: Pick<Member, "agent">, body: object) => agent.put("/api/password").send(body);
const signIn = ({ account }: Member, password: string, at = app) =>
  request(at).post("/api/session").set("X-Forwarded-For", nextAddress()).send({ email: account.email, password });
const reset = (token: string, password = NEW) =>
  request(app).post("/api/password-reset").set("Authorization", `Bearer ${token}`).send({ password });
const look = (token: string) => request(app).get("/api/password-reset").set("Authorization", `Bearer ${token}`);
const isSignedIn = async (agent: Member["agent"]) =>
  ((await agent.get("/api/session").expect(200)).body as { account: unknown }).account !== null;

describe("changing one's password", () => {
  test("ends every other session, and the old password", async () => {
    const { reporter, stranger } = world;
    const other = await signInAgain(application, reporter);
    await change(reporter, { current: PASSWORD, password: NEW }).expect(204);
    expect(await isSignedIn(reporter.agent)).toBe(true);
    expect(await isSignedIn(other)).toBe(false);
    expect(await isSignedIn(stranger.agent)).toBe(true);
    await signIn(reporter, PASSWORD).expect(401);
    await signIn(reporter, NEW).expect(200);
  });

  test("renews the session's id", async () => {
    const { reporter } = world;
    const sessions = () => sql(`SELECT sid FROM sessions WHERE sess ->> 'accountId' = '${reporter.account.id}'`);
    const before = await sessions();
    await change(reporter, { current: PASSWORD, password: NEW }).expect(204);
    const after = await sessions();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  test("ends a session that begins with the old password at that moment", async () => {
    const { reporter } = world;
    // The password was found right, and the session is not yet stored
    const agent = await signInAgain(application, reporter);
    const [stored] = await sql(`SELECT sid, sess, expire FROM sessions ORDER BY expire DESC LIMIT 1`);
    await sql(`DELETE FROM sessions WHERE sid = '${String(stored?.sid)}'`);
    await change(reporter, { current: PASSWORD, password: NEW }).expect(204);
    await sql(
      `INSERT INTO sessions VALUES ('${String(stored?.sid)}', '${JSON.stringify(stored?.sess)}', now() + interval '1 day')`,
    );
    expect(await isSignedIn(agent)).toBe(false);
  });

  test.each([
    [{}, ["current", "password"]],
    [{ current: PASSWORD, password: "short" }, ["password"]],
    [{ current: PASSWORD, password: "password1234" }, ["password"]],
    [{ current: "not the password", password: NEW }, ["current"]],
  ])("refuses %j and names the fields", async (body, fields) => {
    const response = await change(world.reporter, body).expect(400);
    expect((response.body as { errors: { field: string }[] }).errors.map(({ field }) => field)).toEqual(fields);
    expect(await isSignedIn(world.reporter.agent)).toBe(true);
    await signIn(world.reporter, PASSWORD).expect(200);
  });

  test("lets nobody with a stolen session guess the old one", async () => {
    const { reporter } = world;
    const statuses = [];
    for (let sent = 0; sent < 12; sent += 1) {
      const guess = change(reporter, { current: `wrong guess ${sent}`, password: NEW }).set(
        "X-Forwarded-For",
        nextAddress(),
      );
      statuses.push((await guess).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(400), 429, 429]);
  });
});

describe("signing out everywhere", () => {
  test("ends every session of the account, and of no other", async () => {
    const { reporter, stranger } = world;
    const other = await signInAgain(application, reporter);
    await other.delete("/api/sessions").expect(204);
    expect([await isSignedIn(other), await isSignedIn(reporter.agent)]).toEqual([false, false]);
    expect(await isSignedIn(stranger.agent)).toBe(true);
    await signIn(reporter, PASSWORD).expect(200);
  });

  test("is offered with the list of one's sessions, without what they are worth", async () => {
    const { reporter } = world;
    const agent = request.agent(app);
    await agent
      .post("/api/session")
      .set({ "X-Forwarded-For": "203.0.113.7", "User-Agent": `Firefox ${"x".repeat(500)}` })
      .send({ email: reporter.account.email, password: PASSWORD })
      .expect(200);
    const { body, text } = await agent.get("/api/sessions").expect(200);
    const { items } = body as { items: { agent: string; since: string }[] };
    expect(items).toMatchObject([{ address: "203.0.113.7", current: true }, { current: false }]);
    expect(items[0]?.agent).toHaveLength(200);
    expect(Date.now() - new Date(String(items[0]?.since)).getTime()).toBeLessThan(60_000);
    for (const { sid } of await sql("SELECT sid FROM sessions")) expect(text).not.toContain(String(sid));
  });
});

describe("an administrator's link for a new password", () => {
  test("sets it once, ends every session, and tells whose it is", async () => {
    const { administrator, reporter } = world;
    const link = await createReset(administrator, reporter);
    expect(link.url.startsWith(`${FRONTEND_BASE_URL}/reset#`)).toBe(true);
    await look(tokenOf(link)).expect(200, { email: reporter.account.email, expiresAt: link.expiresAt });
    const answer = await reset(tokenOf(link)).expect(204);
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(await isSignedIn(reporter.agent)).toBe(false);
    await signIn(reporter, PASSWORD).expect(401);
    await signIn(reporter, NEW).expect(200);
    await look(tokenOf(link)).expect(410);
    await reset(tokenOf(link), "yet another phrase").expect(410);
  });

  test("sets it once also when several use it at the same time", async () => {
    const token = tokenOf(await createReset(world.administrator, world.reporter));
    const answers = await Promise.all([1, 2, 3].map((number) => reset(token, `${NEW} ${number}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 410, 410]);
  });

  test("lasts an hour", async () => {
    const link = await createReset(world.administrator, world.reporter);
    expect(new Date(link.expiresAt).getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    await sql("UPDATE password_resets SET expires_at = now() - interval '1 second'");
    await reset(tokenOf(link)).expect(410);
  });

  test("ends with the next one, and when the password is changed", async () => {
    const { administrator, reporter } = world;
    const [first, second] = [await createReset(administrator, reporter), await createReset(administrator, reporter)];
    await reset(tokenOf(first)).expect(410);
    await change(reporter, { current: PASSWORD, password: NEW }).expect(204);
    await reset(tokenOf(second)).expect(410);
  });

  test("stays open when the new password is refused", async () => {
    const token = tokenOf(await createReset(world.administrator, world.reporter));
    for (const password of ["short", "password1234", world.reporter.account.email])
      await reset(token, password).expect(400);
    await reset(token).expect(204);
  });

  test("is not for oneself, who knows the old one, nor for nobody", async () => {
    const { administrator } = world;
    const create = (id: string) => administrator.agent.post(`/api/accounts/${id}/password-reset`);
    await create(administrator.account.id).expect(409);
    for (const id of ["nonsense", "00000000-0000-4000-8000-000000000000"]) await create(id).expect(404);
  });

  test("can be for another administrator", async () => {
    const second = await enter(application, "Second", "administrator");
    await reset(tokenOf(await createReset(world.administrator, second))).expect(204);
    await signIn(second, NEW).expect(200);
  });

  test("is worth nothing as an invitation, nor the other way round, nor forged", async () => {
    const { administrator, reporter } = world;
    const token = tokenOf(await createReset(administrator, reporter));
    await request(app).get("/api/invitation").set("Authorization", `Bearer ${token}`).expect(410);
    await reset(tokenOf(await invite(administrator, "administrator"))).expect(410);
    const [row] = await sql("SELECT id FROM password_resets");
    const forge = (subject: string, secret: string) =>
      new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer("conducky-backend")
        .setAudience("password")
        .setSubject(subject)
        .setExpirationTime("1h")
        .sign(new TextEncoder().encode(secret));
    await reset(await forge(String(row?.id), "another-secret-0123456789-0123456789")).expect(401);
    await reset(await forge(reporter.account.id, JWT_SECRET)).expect(410);
    await request(app).post("/api/password-reset").send({ password: NEW }).expect(401);
    await reset(await forge(String(row?.id), JWT_SECRET)).expect(204);
  });
});

test("a password of broken characters from an earlier release fits no other", async () => {
  const { reporter } = world;
  const token = tokenOf(await createReset(world.administrator, reporter));
  await reset(token, "\ud800".repeat(12)).expect(400);
  // All unpaired surrogates became U+FFFD before they were hashed
  const { hashPassword } = await import("../src/accounts/password.js");
  const hash = await hashPassword("\ufffd".repeat(12));
  await sql(`UPDATE accounts SET password_hash = '${hash}' WHERE id = '${reporter.account.id}'`);
  await forgetLimits();
  for (const password of ["\ud800".repeat(12), "\udfff".repeat(12)]) await signIn(reporter, password).expect(401);
});
