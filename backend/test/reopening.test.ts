import request from "supertest";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  enter,
  file,
  incident,
  makeWorld,
  move,
  reopen,
  sql,
  testApp,
  type Member,
  type ReportBody,
  type World,
} from "./support.js";

const application = testApp();
const { app } = application;
let world: World;
beforeAll(async () => {
  world = await makeWorld(application);
});
beforeEach(() => sql("TRUNCATE audit, limits"));
afterAll(application.close);

const who = ({ account: { id, name, role } }: Member) => ({ id, name, role });
const read = async ({ agent }: Member, { id }: { id: string }) =>
  (await agent.get(`/api/reports/${id}`).expect(200)).body as ReportBody;

describe.each(["resolved", "closed"])("a report that is %s", (done) => {
  let report: ReportBody;
  beforeEach(async () => {
    report = await file(await enter(application, "Rita"));
    await move(world.responder, report, "acknowledged", "investigating", done);
  });
  const fromDone = (agent: Member["agent"], body: object = { from: done }) =>
    agent.patch(`/api/reports/${report.id}`).send({ state: "investigating", ...body });

  test("can be reopened, which its history and the audit log have as another move", async () => {
    const { body } = await reopen(world.administrator, report, done).expect(200);
    expect(body).toMatchObject({
      state: "investigating",
      moves: ["resolved", "closed"],
      timeline: { items: [{ kind: "moved", from: done, to: "investigating", actor: who(world.administrator) }, {}, {}, {}, {}] },
    });
    const written = await sql("SELECT action, actor_id, report_id, detail FROM audit ORDER BY id DESC LIMIT 1");
    expect(written).toEqual([
      {
        action: "report_moved",
        actor_id: world.administrator.account.id,
        report_id: report.id,
        detail: `${done} → investigating`,
      },
    ]);
    await move(world.responder, report, "resolved");
  });

  test("is not reopened by somebody who saw it before it was done", async () => {
    for (const body of [{}, { from: "acknowledged" }, { from: done === "closed" ? "resolved" : "closed" }]) {
      const response = await fromDone(world.administrator.agent, body).expect(409);
      expect(response.body).toMatchObject({ detail: expect.stringMatching(/reload the page|in the meantime/) });
    }
    expect((await read(world.responder, report)).state).toBe(done);
  });

  test("is reopened once by several who do it at the same time", async () => {
    const answers = await Promise.all(
      [world.responder, world.administrator, world.responder].map(({ agent }) => fromDone(agent)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect((await read(world.responder, report)).timeline.total).toBe(5);
  });

  test("is reopened by no reporter, stranger, or responder whom it is about or who filed it", async () => {
    const own = await file(world.responder);
    await move(world.administrator, own, "acknowledged", "investigating", done);
    expect((await read(world.responder, own)).moves).toEqual([]);
    await reopen(world.responder, own, done).expect(403);
    const about = await file(world.reporter, { ...incident, about: [world.responder.account.id] });
    await move(world.administrator, about, "acknowledged", "investigating", done);
    await reopen(world.responder, about, done).expect(404);
    await reopen(world.reporter, about, done).expect(403);
    await reopen(world.stranger, about, done).expect(404);
    await request(app).patch(`/api/reports/${about.id}`).send({ state: "investigating", from: done }).expect(401);
  });
});
