import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  enter,
  file,
  incident,
  makeWorld,
  move,
  sql,
  testApp,
  type EventBody,
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

interface News {
  unread: number;
  version: string;
}

const news = async ({ agent }: Member) => (await agent.get("/api/news").expect(200)).body as News;
const read = async ({ agent }: Member, { id }: { id: string }) =>
  (await agent.get(`/api/reports/${id}`).expect(200)).body as ReportBody;
const unreadIn = async ({ agent }: Member) =>
  ((await agent.get("/api/reports").expect(200)).body as PageBody<ReportBody>).items
    .filter(({ unread }) => unread)
    .map(({ id }) => id);
const comment = async ({ agent }: Member, { id }: { id: string }, text = "Noted.") =>
  (await agent.post(`/api/reports/${id}/comments`).send({ text }).expect(201)).body as EventBody;
const note = ({ agent }: Member, { id }: { id: string }, event: string) =>
  agent.put(`/api/reports/${id}/read`).send({ event });
/** Reads a report as its page does: all that is there. */
async function readAll(member: Member, report: { id: string }): Promise<void> {
  const { timeline } = await read(member, report);
  await note(member, report, timeline.items[0]?.id ?? "").expect(204);
}

/** What the three ways to ask say, which is always the same. */
async function isNews(member: Member, report: { id: string }): Promise<boolean> {
  const { unread } = await read(member, report);
  expect(await unreadIn(member)).toEqual(unread ? [report.id] : []);
  expect((await news(member)).unread).toBe(unread ? 1 : 0);
  return unread;
}

describe("news", () => {
  test("is what others did since one last read, for the reporter and the responders alike", async () => {
    const { reporter, responder, administrator } = world;
    const report = await file(reporter);
    expect(report.unread).toBe(false);
    expect(await isNews(reporter, report)).toBe(false);
    expect(await isNews(responder, report)).toBe(true);

    await readAll(responder, report);
    expect(await isNews(responder, report)).toBe(false);
    expect(await isNews(administrator, report)).toBe(true);

    await move(responder, report, "acknowledged");
    expect(await isNews(responder, report)).toBe(false);
    expect(await isNews(reporter, report)).toBe(true);
    await readAll(reporter, report);
    expect(await isNews(reporter, report)).toBe(false);

    await comment(reporter, report);
    expect(await isNews(reporter, report)).toBe(false);
    expect(await isNews(responder, report)).toBe(true);
  });

  test("does not go by what one does oneself, only by reading it", async () => {
    const { reporter, responder } = world;
    const report = await file(reporter);
    await comment(responder, report);
    await comment(reporter, report, "Typed before the answer was seen.");
    expect(await isNews(reporter, report)).toBe(true);
  });

  test("stays what came after the entry that was read, in whatever order two tabs say so", async () => {
    const { reporter, responder } = world;
    const report = await file(reporter);
    const first = await comment(responder, report, "First");
    const second = await comment(responder, report, "Second");
    await note(reporter, report, first.id).expect(204);
    expect(await isNews(reporter, report)).toBe(true);
    await note(reporter, report, second.id).expect(204);
    await note(reporter, report, first.id).expect(204);
    expect(await isNews(reporter, report)).toBe(false);
  });

  test("is nothing that happened before somebody had an account", async () => {
    const { reporter } = world;
    const report = await file(reporter);
    await sql("UPDATE events SET at = at - interval '1 hour'", "UPDATE reports SET updated_at = updated_at - interval '1 hour'");
    const late = await enter(application, "Late", "responder");
    expect(await isNews(late, report)).toBe(false);
    await comment(reporter, report);
    expect(await isNews(late, report)).toBe(true);
  });

  test("is counted to a hundred", async () => {
    const { reporter, responder } = world;
    await sql(
      `WITH filed AS (
         INSERT INTO reports (id, title, description, reporter_id)
         SELECT gen_random_uuid(), 'T', 'D', '${reporter.account.id}' FROM generate_series(1, 120) RETURNING id
       )
       INSERT INTO events (id, report_id, kind, actor_id)
       SELECT gen_random_uuid(), id, 'filed', '${reporter.account.id}' FROM filed`,
    );
    expect((await news(responder)).unread).toBe(100);
    expect((await news(reporter)).unread).toBe(0);
  });
});

describe("never shows more than an account may see", () => {
  test("of reports of others", async () => {
    const { reporter, responder, stranger } = world;
    const before = await news(stranger);
    const report = await file(reporter);
    const event = await comment(responder, report);
    expect(await news(stranger)).toEqual(before);
    await note(stranger, report, event.id).expect(404);
    await note(stranger, { id: "00000000-0000-4000-8000-000000000000" }, event.id).expect(404);
    await request(application.app).get("/api/news").expect(401);
  });

  test("of reports about a responder", async () => {
    const { reporter, responder } = world;
    const before = await news(responder);
    const report = await file(reporter, { ...incident, about: [responder.account.id] });
    await comment(reporter, report);
    expect(await news(responder)).toEqual(before);
    await note(responder, report, report.timeline.items[0]?.id ?? "").expect(404);
  });

  test("an entry of another report cannot be read here", async () => {
    const { reporter, responder, stranger } = world;
    const [own, other] = [await file(reporter), await file(stranger)];
    await comment(responder, own);
    const { id } = await comment(responder, other);
    await note(reporter, own, id).expect(404);
    expect(await isNews(reporter, own)).toBe(true);
    for (const body of [{}, { event: "x" }, { event: null }])
      await reporter.agent.put(`/api/reports/${own.id}/read`).send(body).expect(400);
  });
});

test("the version is another one after every change that the account may see, and only then", async () => {
  const { reporter, responder } = world;
  const versions = [(await news(reporter)).version];
  const look = async () => versions.push((await news(reporter)).version);
  const report = await file(reporter);
  await look();
  await comment(responder, report);
  await look();
  await move(responder, report, "acknowledged");
  await look();
  expect(new Set(versions).size).toBe(4);
  await readAll(reporter, report);
  expect((await news(reporter)).version).toBe(versions[3]);
});

test("what was read goes with the report", async () => {
  const { reporter, responder } = world;
  const report = await file(reporter);
  await readAll(responder, report);
  await sql(`DELETE FROM reports WHERE id = '${report.id}'`);
  expect(await sql("SELECT 1 FROM report_reads")).toEqual([]);
});
