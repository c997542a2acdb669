import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  PASSWORD,
  createReset,
  file,
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
let world: World;
beforeEach(async () => {
  world = await makeWorld(application);
});
afterAll(application.close);

const change = (by: Member, { account }: Member, body: object) =>
  by.agent.patch(`/api/accounts/${account.id}`).send(body);
const signIn = ({ account }: Member, password = PASSWORD) =>
  request(app).post("/api/session").set("X-Forwarded-For", nextAddress()).send({ email: account.email, password });
const join = (url: string) =>
  request(app)
    .post("/api/accounts")
    .set({ Authorization: `Bearer ${tokenOf({ url })}`, "X-Forwarded-For": nextAddress() })
    .send({ name: "New", email: "new@example.org", password: PASSWORD });

describe("roles", () => {
  test("change at once, also for somebody who is signed in", async () => {
    const { administrator, reporter } = world;
    await reporter.agent.get("/api/accounts").expect(403);
    const { body } = await change(administrator, reporter, { role: "administrator" }).expect(200);
    expect(body).toEqual({ account: { ...reporter.account, role: "administrator" } });
    await reporter.agent.get("/api/accounts").expect(200);
    await change(administrator, reporter, { role: "reporter" }).expect(200);
    await reporter.agent.get("/api/accounts").expect(403);
  });

  test("leave at least one administrator who can sign in", async () => {
    const { administrator, reporter } = world;
    await change(administrator, administrator, { role: "responder" }).expect(409);
    await change(administrator, administrator, { disabled: true }).expect(409);
    await change(administrator, reporter, { role: "administrator" }).expect(200);
    await change(administrator, reporter, { disabled: true }).expect(200);
    await change(administrator, administrator, { role: "responder" }).expect(409);
    await change(administrator, reporter, { disabled: false }).expect(200);
    const again = { ...reporter, agent: await signInAgain(application, reporter) };
    // Two administrators take each other's rights at the same time
    const answers = await Promise.all([
      change(administrator, reporter, { role: "responder" }),
      change(again, administrator, { disabled: true }),
    ]);
    expect(answers.map(({ status }) => status).sort()).not.toEqual([200, 200]);
    const [row] = await sql("SELECT count(*) FROM accounts WHERE role = 'administrator' AND disabled_at IS NULL");
    expect(Number(row?.count)).toBeGreaterThan(0);
  });

  test.each([
    ["00000000-0000-4000-8000-000000000000", { role: "reporter" }, 404],
    ["nonsense", { role: "reporter" }, 404],
    ["nonsense", { disabled: true }, 404],
    ["00000000-0000-4000-8000-000000000000", { role: "king" }, 400],
    ["00000000-0000-4000-8000-000000000000", { disabled: "yes" }, 400],
    ["00000000-0000-4000-8000-000000000000", {}, 400],
  ])("answer %s with %j as %i", async (id, body, status) => {
    await world.administrator.agent.patch(`/api/accounts/${id}`).send(body).expect(status);
  });
});

describe("an invitation ends with its creator's rights", () => {
  test.each([{ role: "reporter" }, { role: "responder" }, { disabled: true }])("by %j", async (body) => {
    const { administrator } = world;
    const second = await enter(application, "Second", "administrator");
    const { url } = await invite(second, "administrator");
    const { url: other } = await invite(administrator, "responder");
    const reset = await createReset(second, world.reporter);
    await change(administrator, second, body).expect(200);
    await join(url).expect(410);
    await request(app)
      .get("/api/invitation")
      .set("Authorization", `Bearer ${tokenOf({ url })}`)
      .expect(410);
    await request(app)
      .get("/api/password-reset")
      .set("Authorization", `Bearer ${tokenOf(reset)}`)
      .expect(410);
    // Not even when they get their rights back
    await change(administrator, second, { role: "administrator", disabled: false }).expect(200);
    await join(url).expect(410);
    await join(other).expect(201);
  });

  test("also where those were taken without this application, as in its database", async () => {
    const second = await enter(application, "Second", "administrator");
    const { url } = await invite(second, "administrator");
    await sql(`UPDATE accounts SET role = 'reporter' WHERE id = '${second.account.id}'`);
    await join(url).expect(410);
    const { body } = await world.administrator.agent.get("/api/invitations").expect(200);
    expect(body).toMatchObject({ total: 0 });
  });
});

describe("a disabled account", () => {
  test("has no session any more, cannot sign in, and nothing tells why", async () => {
    const { administrator, reporter } = world;
    const other = await signInAgain(application, reporter);
    const report = await file(reporter);
    const { body } = await change(administrator, reporter, { disabled: true }).expect(200);
    expect(body).toMatchObject({ account: { disabledAt: expect.any(String) } });
    for (const agent of [reporter.agent, other]) {
      await agent.get("/api/session").expect(200, { account: null });
      await agent.get(`/api/reports/${report.id}`).expect(401);
    }
    expect(await sql(`SELECT 1 FROM sessions WHERE sess ->> 'accountId' = '${reporter.account.id}'`)).toEqual([]);
    const right = await signIn(reporter).expect(401);
    const wrong = await signIn(reporter, "not the password").expect(401);
    expect({ ...(right.body as object), requestId: "" }).toEqual({ ...(wrong.body as object), requestId: "" });
    // What it filed stays
    await administrator.agent.get(`/api/reports/${report.id}`).expect(200);
  });

  test("can be enabled again, and then has to sign in", async () => {
    const { administrator, reporter } = world;
    await change(administrator, reporter, { disabled: true }).expect(200);
    await change(administrator, reporter, { disabled: false }).expect(200);
    await reporter.agent.get("/api/session").expect(200, { account: null });
    await signIn(reporter).expect(200);
  });

  test("gets no link for a new password, and one that it has ends", async () => {
    const { administrator, reporter } = world;
    const reset = await createReset(administrator, reporter);
    await change(administrator, reporter, { disabled: true }).expect(200);
    await administrator.agent.post(`/api/accounts/${reporter.account.id}/password-reset`).expect(409);
    const sending = request(app)
      .post("/api/password-reset")
      .set("Authorization", `Bearer ${tokenOf(reset)}`);
    await sending.send({ password: "another phrase of words" }).expect(410);
  });

  test("keeps no session of a sign-in that was under way", async () => {
    const { administrator, reporter } = world;
    const attempts = Array.from({ length: 6 }, () => request.agent(app));
    const signingIn = attempts.map((agent) =>
      agent
        .post("/api/session")
        .set("X-Forwarded-For", nextAddress())
        .send({ email: reporter.account.email, password: PASSWORD }),
    );
    await Promise.all([...signingIn, change(administrator, reporter, { disabled: true })]);
    await change(administrator, reporter, { disabled: false }).expect(200);
    for (const agent of attempts) await agent.get("/api/session").expect(200, { account: null });
  });
});

test("who handles reports is known to everybody who is signed in, by name and role only", async () => {
  const { administrator, responder, stranger } = world;
  const gone = await enter(application, "Gone", "responder");
  await change(administrator, gone, { disabled: true }).expect(200);
  const { body } = await stranger.agent.get("/api/responders").expect(200);
  const shown = ({ account: { id, name, role } }: Member) => ({ id, name, role });
  expect(body).toEqual({ items: [shown(administrator), shown(responder)] });
});
