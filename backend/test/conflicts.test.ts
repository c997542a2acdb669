import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  file,
  incident,
  makeWorld,
  move,
  enter,
  sql,
  testApp,
  type Member,
  type PageBody,
  type ReportBody,
  type World,
} from "./support.js";

const application = testApp();
let world: World;
beforeEach(async () => {
  world = await makeWorld(application);
});
afterAll(application.close);

const read = ({ agent }: Member, { id }: { id: string }) => agent.get(`/api/reports/${id}`);
const acknowledge = ({ agent }: Member, { id }: { id: string }) =>
  agent.patch(`/api/reports/${id}`).send({ state: "acknowledged" });
const listed = async ({ agent }: Member) =>
  ((await agent.get("/api/reports").expect(200)).body as PageBody<ReportBody>).items.map(({ id }) => id);
const about = ({ account }: Member, more: object = {}) => ({ ...incident, about: [account.id], ...more });
const shown = async (member: Member, report: { id: string }) =>
  (await read(member, report).expect(200)).body as ReportBody;

describe("a responder", () => {
  test("does not handle a report of their own, as long as somebody else can", async () => {
    const { administrator, responder } = world;
    const report = await file(responder);
    expect(await shown(responder, report)).toMatchObject({ conflict: "own", moves: [] });
    await acknowledge(responder, report).expect(403);
    expect(await shown(administrator, report)).toMatchObject({ conflict: null, moves: ["acknowledged"] });
    await acknowledge(administrator, report).expect(200);
  });

  test("does not see a report about themselves, in any way", async () => {
    const { administrator, responder, reporter } = world;
    const report = await file(reporter, about(responder));
    expect(report.about).toMatchObject([{ id: responder.account.id, name: "Rosa" }]);
    await read(responder, report).expect(404);
    await responder.agent.get(`/api/reports/${report.id}/events`).expect(404);
    await acknowledge(responder, report).expect(404);
    await responder.agent.post(`/api/reports/${report.id}/comments`).send({ text: "It was not me." }).expect(404);
    expect(await listed(responder)).toEqual([]);
    expect((await responder.agent.get("/api/reports").expect(200)).body).toMatchObject({ total: 0 });
    await acknowledge(administrator, report).expect(200);
    expect(await listed(reporter)).toEqual([report.id]);
  });

  test.each([
    ["title", { title: "rosa parker shouted", description: "At me." }],
    ["description", { title: "Shouting", description: "It was ROSA  Parker, at the\ndesk." }],
    ["text over two lines", { title: "Shouting", description: "By Rosa\nParker." }],
  ])("does not see a report whose %s has their name", async (_case, text) => {
    const { administrator, reporter } = world;
    const rosa = await enter(application, "Rosa Parker", "responder");
    const report = await file(reporter, text);
    await read(rosa, report).expect(404);
    await read(administrator, report).expect(200);
  });

  test.each(["Rosalind Parker was there", "A parkerrosa parkers thing", "Rosa and Parker talked"])(
    "sees one whose text has another word (%s)",
    async (description) => {
      const { reporter } = world;
      const rosa = await enter(application, "Rosa Parker", "responder");
      await read(rosa, await file(reporter, { title: "Shouting", description })).expect(200);
    },
  );

  test("does not see one that named them before they became responder, nor handle their own from then", async () => {
    const { administrator, reporter, stranger } = world;
    const named = await file(reporter, { title: "Stan shouted", description: "At me." });
    const own = await file(stranger);
    // Nobody learns here who has an account
    expect(named.about).toEqual([]);
    await administrator.agent.patch(`/api/accounts/${stranger.account.id}`).send({ role: "responder" }).expect(200);
    await read(stranger, named).expect(404);
    expect(await shown(stranger, own)).toMatchObject({ conflict: "own", moves: [] });
    await acknowledge(stranger, own).expect(403);
  });

  test("handles both where nobody else can: one who is only responder by themselves", async () => {
    const { administrator, responder, reporter } = world;
    const [aboutBoth, aboutHer] = [
      await file(reporter, { ...incident, about: [administrator.account.id, responder.account.id] }),
      await file(reporter, about(responder)),
    ];
    const hers = await file(responder);
    expect(await shown(responder, aboutBoth)).toMatchObject({ conflict: "alone", moves: ["acknowledged"] });
    expect(await shown(administrator, aboutBoth)).toMatchObject({ conflict: "alone" });
    await read(responder, aboutHer).expect(404);
    await sql(`UPDATE accounts SET disabled_at = now() WHERE id = '${administrator.account.id}'`);
    expect(await shown(responder, aboutHer)).toMatchObject({ conflict: "alone" });
    expect((await listed(responder)).sort()).toEqual([aboutBoth.id, aboutHer.id, hers.id].sort());
    for (const report of [aboutBoth, aboutHer, hers]) await acknowledge(responder, report).expect(200);
    // As soon as somebody else can, they cannot
    await sql(`UPDATE accounts SET disabled_at = NULL`);
    await read(responder, aboutHer).expect(404);
    await responder.agent.patch(`/api/reports/${hers.id}`).send({ state: "investigating" }).expect(403);
  });
});

test("the same is true of administrators", async () => {
  const { administrator, responder, reporter } = world;
  const report = await file(reporter, about(administrator));
  await read(administrator, report).expect(404);
  await move(responder, report, "acknowledged");
});

test.each([
  ["a reporter", () => [world.stranger.account.id]],
  ["nobody", () => ["00000000-0000-4000-8000-000000000000"]],
  ["no id", () => ["nonsense"]],
  ["no list", () => "nonsense"],
  ["very many", () => Array<string>(21).fill(world.responder.account.id)],
])("a report about %s is refused, and the field is named", async (_case, choose) => {
  const response = await world.reporter.agent
    .post("/api/reports")
    .send({ ...incident, about: choose() })
    .expect(400);
  expect((response.body as { errors: { field: string }[] }).errors[0]?.field).toMatch(/^about/);
});
