import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  file,
  forgetLimits,
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
let report: ReportBody;
beforeAll(async () => {
  world = await makeWorld(application);
});
beforeEach(async () => {
  await forgetLimits();
  report = await file(world.reporter);
});
afterAll(application.close);

/** Comments as long as they may be, written past the limit on writing. */
const fill = (count: number) =>
  sql(`INSERT INTO events (id, report_id, kind, actor_id, text)
       SELECT gen_random_uuid(), '${report.id}', 'commented', '${world.reporter.account.id}', repeat('€', 2000)
       FROM generate_series(1, ${count})`);
const comment = ({ agent }: Member, text = "Noted.") => agent.post(`/api/reports/${report.id}/comments`).send({ text });
const page = async (query: string) =>
  (await world.responder.agent.get(`/api/reports/${report.id}/events?${query}`).expect(200))
    .body as PageBody<EventBody>;

test("a report's answer stays small, however much was written about it", async () => {
  await fill(20_000);
  const response = await world.responder.agent.get(`/api/reports/${report.id}`).expect(200);
  expect(Buffer.byteLength(response.text)).toBeLessThan(150_000);
  const { timeline } = response.body as ReportBody;
  expect([timeline.items.length, timeline.total]).toEqual([20, 20_001]);
  const moved = await world.responder.agent
    .patch(`/api/reports/${report.id}`)
    .send({ state: "acknowledged" })
    .expect(200);
  expect(Buffer.byteLength(moved.text)).toBeLessThan(150_000);
  const longest = await world.responder.agent.get(`/api/reports/${report.id}/events?limit=100`).expect(200);
  expect(Buffer.byteLength(longest.text)).toBeLessThan(700_000);
});

test("the pages of a timeline miss and repeat nothing", async () => {
  await fill(130);
  const { timeline } = (await world.reporter.agent.get(`/api/reports/${report.id}`).expect(200)).body as ReportBody;
  const seen = timeline.items.map(({ id }) => id);
  for (let { next } = timeline; next !== null;) {
    const { items, next: following } = await page(`limit=50&before=${next}`);
    seen.push(...items.map(({ id }) => id));
    next = following;
  }
  expect(new Set(seen).size).toBe(131);
  expect(seen).toEqual([...seen].sort().reverse());
});

test("a timeline takes a thousand entries, also from several people at once, and reports can be moved then", async () => {
  await fill(997);
  const { reporter, responder, administrator } = world;
  const answers = await Promise.all(
    [reporter, responder, administrator, reporter, responder].map((member) => comment(member)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409]);
  const [row] = await sql(`SELECT count(*) FROM events WHERE report_id = '${report.id}'`);
  expect(Number(row?.count)).toBe(1_000);
  await move(responder, report, "acknowledged");
});

test.each(["limit=0", "limit=101", "before=1"])("a page of ?%s is refused", async (query) => {
  await world.responder.agent.get(`/api/reports/${report.id}/events?${query}`).expect(400);
});
