import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  PASSWORD,
  createReset,
  file,
  invite,
  makeWorld,
  move,
  nextAddress,
  register,
  sql,
  testApp,
  tokenOf,
  type Member,
  type PageBody,
  type World,
} from "./support.js";

const application = testApp();
const { app } = application;
let world: World;
beforeEach(async () => {
  world = await makeWorld(application);
  await sql("TRUNCATE audit");
});
afterAll(application.close);

interface Entry {
  id: string;
  action: string;
  actor: { id: string } | null;
  account: { id: string } | null;
  reportId: string | null;
  detail: string | null;
  address: string | null;
}

const list = async ({ agent }: Member, query = "") =>
  (await agent.get(`/api/audit?${query}`).expect(200)).body as PageBody<Entry>;
/** Oldest first: what was done, by whom, to whom. */
const told = async () =>
  (await list(world.administrator)).items
    .map(({ action, actor, account, detail }) => [action, actor?.id ?? null, account?.id ?? null, detail])
    .reverse();

describe("the audit log", () => {
  test("has every change of an account's rights, by whom, to whom and from where", async () => {
    const { administrator, reporter } = world;
    const [admin, rita] = [administrator.account.id, reporter.account.id];
    const change = (body: object) =>
      administrator.agent.patch(`/api/accounts/${rita}`).set("X-Forwarded-For", "203.0.113.5").send(body).expect(200);
    await change({ role: "responder" });
    await change({ role: "responder" });
    await change({ disabled: true });
    await change({ disabled: false });
    await createReset(administrator, reporter);
    expect(await told()).toEqual([
      ["role_changed", admin, rita, "reporter → responder"],
      ["account_disabled", admin, rita, null],
      ["account_enabled", admin, rita, null],
      ["reset_link_created", admin, rita, null],
    ]);
    expect((await list(administrator)).items.at(-1)?.address).toBe("203.0.113.5");
  });

  test("has invitations, and what became of them", async () => {
    const { administrator } = world;
    const admin = administrator.account.id;
    const { id } = await invite(administrator, "responder");
    await administrator.agent.delete(`/api/invitations/${id}`).expect(204);
    const { account } = await register(application, "New", tokenOf(await invite(administrator, "administrator")));
    expect(await told()).toEqual([
      ["invitation_created", admin, null, "responder"],
      ["invitation_revoked", admin, null, "responder"],
      ["invitation_created", admin, null, "administrator"],
      ["account_created", account.id, account.id, "administrator"],
    ]);
  });

  test("has who signed in or failed to, and who changed a password", async () => {
    const { reporter } = world;
    const rita = reporter.account.id;
    const signIn = (email: string, password: string) =>
      request(app).post("/api/session").set("X-Forwarded-For", nextAddress()).send({ email, password });
    await signIn(reporter.account.email, "wrong").expect(401);
    await signIn("nobody@example.org", "wrong").expect(401);
    await signIn(reporter.account.email, PASSWORD).expect(200);
    await reporter.agent
      .put("/api/password")
      .send({ current: "wrong", password: "another phrase of words" })
      .expect(400);
    await reporter.agent
      .put("/api/password")
      .send({ current: PASSWORD, password: "another phrase of words" })
      .expect(204);
    const token = tokenOf(await createReset(world.administrator, reporter));
    await request(app)
      .post("/api/password-reset")
      .set("Authorization", `Bearer ${token}`)
      .send({ password: PASSWORD })
      .expect(204);
    const again = request.agent(app);
    await again.post("/api/session").send({ email: reporter.account.email, password: PASSWORD }).expect(200);
    await again.delete("/api/sessions").expect(204);
    expect(await told()).toEqual([
      ["sign_in_failed", null, rita, null],
      ["sign_in_failed", null, null, null],
      ["signed_in", rita, rita, null],
      ["sign_in_failed", rita, rita, null],
      ["password_changed", rita, rita, null],
      ["reset_link_created", world.administrator.account.id, rita, null],
      ["password_reset", null, rita, null],
      ["signed_in", rita, rita, null],
      ["signed_out_everywhere", rita, rita, null],
    ]);
  });

  test("has how reports were moved, and nothing that people wrote", async () => {
    const { administrator, responder, reporter } = world;
    const report = await file(reporter, { title: "Private title", description: "Private description" });
    await responder.agent.post(`/api/reports/${report.id}/comments`).send({ text: "Private comment" }).expect(201);
    await move(responder, report, "acknowledged");
    const { items } = await list(administrator);
    expect(items).toMatchObject([{ action: "report_moved", reportId: report.id, detail: "submitted → acknowledged" }]);
    const kept = JSON.stringify(await sql("SELECT * FROM audit"));
    expect(kept).not.toMatch(/private|argon2|eyJ/i);
    expect(kept).not.toContain(PASSWORD);
  });

  test("has nothing of what was refused, as both are in one transaction", async () => {
    const { administrator, responder, reporter } = world;
    await administrator.agent.patch(`/api/accounts/${administrator.account.id}`).send({ role: "reporter" }).expect(409);
    await reporter.agent.patch(`/api/accounts/${reporter.account.id}`).send({ role: "administrator" }).expect(403);
    const report = await file(reporter);
    const moves = [1, 2, 3].map(() =>
      responder.agent.patch(`/api/reports/${report.id}`).send({ state: "acknowledged" }),
    );
    await Promise.all(moves);
    expect((await told()).map(([action]) => action)).toEqual(["report_moved"]);
    // And what cannot be written down is not done
    await sql("ALTER TABLE audit ADD CONSTRAINT refused CHECK (action <> 'role_changed')");
    try {
      await administrator.agent.patch(`/api/accounts/${reporter.account.id}`).send({ role: "responder" }).expect(500);
    } finally {
      await sql("ALTER TABLE audit DROP CONSTRAINT refused");
    }
    expect(await sql(`SELECT role FROM accounts WHERE id = '${reporter.account.id}'`)).toEqual([{ role: "reporter" }]);
  });

  test("comes in pages, newest first, and hides from its readers the reports about them", async () => {
    const { administrator, responder, reporter } = world;
    for (const role of ["reporter", "responder", "administrator"]) await invite(administrator, role);
    const first = await list(administrator, "limit=2");
    expect(first).toMatchObject({ items: [{ detail: "administrator" }, { detail: "responder" }], total: 3 });
    expect(await list(administrator, `limit=2&before=${first.next ?? ""}`)).toMatchObject({
      items: [{ detail: "reporter" }],
    });
    const report = await file(reporter, { title: "About Ada", description: "…", about: [administrator.account.id] });
    await move(responder, report, "acknowledged");
    expect(await list(administrator)).toMatchObject({ total: 3, items: [{ detail: "administrator" }, {}, {}] });
  });
});
