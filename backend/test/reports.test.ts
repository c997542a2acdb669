import request from "supertest";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  emptyDatabase,
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
const { app } = application;
let world: World;
beforeAll(async () => {
  world = await makeWorld(application);
});
beforeEach(() => sql("TRUNCATE reports, report_subjects, report_reads, events, audit, limits"));
afterAll(application.close);

const who = ({ account: { id, name, role } }: Member) => ({ id, name, role });
const read = async ({ agent }: Member, { id }: { id: string }) =>
  (await agent.get(`/api/reports/${id}`).expect(200)).body as ReportBody;
const list = async ({ agent }: Member, query = "") =>
  (await agent.get(`/api/reports?${query}`).expect(200)).body as PageBody<ReportBody>;

describe("filing", () => {
  test("answers the report, its first event and no move for a reporter", async () => {
    const { reporter } = world;
    const report = await file(reporter, { title: "  Shouting ", description: incident.description });
    expect(report).toEqual({
      ...incident,
      id: expect.any(String),
      state: "submitted",
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      reporter: who(reporter),
      about: [],
      conflict: null,
      unread: false,
      moves: [],
      timeline: {
        items: [{ id: expect.any(String), at: expect.any(String), kind: "filed", actor: who(reporter) }],
        next: null,
        total: 1,
      },
    });
    expect(await read(reporter, report)).toEqual(report);
  });

  test.each([
    ["no body", undefined, ["title", "description"]],
    ["blank fields", { title: " ", description: "" }, ["title", "description"]],
    ["a long title", { ...incident, title: "x".repeat(121) }, ["title"]],
    ["a long description", { ...incident, description: "x".repeat(5_001) }, ["description"]],
    ["a null character", { ...incident, description: "a\0b" }, ["description"]],
    ["wrong types", { title: 1, description: [] }, ["title", "description"]],
    ["a list", [incident], ["title", "description"]],
  ])("refuses %s and names the fields", async (_case, body, fields) => {
    const response = await world.reporter.agent.post("/api/reports").send(body).expect(400);
    const { errors } = response.body as { errors: { field: string; message: string }[] };
    expect(errors.map(({ field }) => field)).toEqual(fields);
    expect(await sql("SELECT 1 FROM reports")).toEqual([]);
  });

  test.each([
    "'; DROP TABLE reports; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "${process.env.JWT_SECRET} {{7*7}} %s %n \\u0000 \u202e 🦆 a\tb\r\nc",
  ])("keeps %j exactly as it was written", async (text) => {
    const report = await file(world.reporter, { title: text, description: text });
    await world.responder.agent.post(`/api/reports/${report.id}/comments`).send({ text }).expect(201);
    const { title, description, timeline } = await read(world.responder, report);
    expect([title, description, timeline.items[0]?.text]).toEqual([text, text, text]);
    const response = await world.reporter.agent.get("/api/reports").expect(200);
    expect(response.headers["content-type"]).toMatch(/^application\/json/);
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
  });

  test("is limited for each account", async () => {
    const busy = await enter(application, "Busy");
    const file = async ({ agent }: Member) => (await agent.post("/api/reports").send({})).status;
    for (let sent = 0; sent < 30; sent += 1) expect(await file(busy)).toBe(400);
    expect(await file(busy)).toBe(429);
    expect(await file(world.stranger)).toBe(400);
  });
});

describe("the way of a report", () => {
  test("is known to its reporter: who did what when", async () => {
    const { reporter, responder, administrator } = world;
    const report = await file(reporter);
    expect((await read(responder, report)).moves).toEqual(["acknowledged"]);
    await move(responder, report, "acknowledged", "investigating");
    await administrator.agent.post(`/api/reports/${report.id}/comments`).send({ text: " We talked. " }).expect(201);
    await reporter.agent.post(`/api/reports/${report.id}/comments`).send({ text: "Thank you." }).expect(201);
    await move(responder, report, "resolved");

    const { state, moves, timeline, createdAt, updatedAt } = await read(reporter, report);
    expect([state, moves]).toEqual(["resolved", []]);
    const event = { id: expect.any(String), at: expect.any(String) };
    expect(timeline.items).toEqual([
      { ...event, kind: "moved", actor: who(responder), from: "investigating", to: "resolved" },
      { ...event, kind: "commented", actor: who(reporter), text: "Thank you." },
      { ...event, kind: "commented", actor: who(administrator), text: "We talked." },
      { ...event, kind: "moved", actor: who(responder), from: "acknowledged", to: "investigating" },
      { ...event, kind: "moved", actor: who(responder), from: "submitted", to: "acknowledged" },
      { ...event, kind: "filed", actor: who(reporter) },
    ]);
    const times = timeline.items.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    expect(updatedAt > createdAt).toBe(true);
  });

  const STATES = ["submitted", "acknowledged", "investigating", "resolved", "closed"];
  const PATHS: Record<string, string[]> = {
    submitted: [],
    acknowledged: ["acknowledged"],
    investigating: ["acknowledged", "investigating"],
    resolved: ["acknowledged", "investigating", "resolved"],
    closed: ["acknowledged", "investigating", "closed"],
  };
  const NEXT: Record<string, string[]> = {
    submitted: ["acknowledged"],
    acknowledged: ["investigating"],
    investigating: ["resolved", "closed"],
    resolved: ["investigating"],
    closed: ["investigating"],
  };

  test.each(STATES.flatMap((from) => STATES.map((to) => ({ from, to, status: NEXT[from]?.includes(to) ? 200 : 409 }))))(
    "from $from to $to is $status",
    async ({ from, to, status }) => {
      const { responder, administrator } = world;
      const report = await file(await enter(application, "Rita"));
      await move(administrator, report, ...(PATHS[from] ?? []));
      expect((await read(responder, report)).moves).toEqual(NEXT[from]);
      await responder.agent.patch(`/api/reports/${report.id}`).send({ state: to, from }).expect(status);
      expect((await read(responder, report)).state).toBe(status === 200 ? to : from);
    },
  );

  test.each([undefined, {}, { state: "lost" }, { state: ["acknowledged"] }, { state: null }])(
    "takes no %j for a state",
    async (body) => {
      const report = await file(await enter(application, "Rita"));
      const response = await world.responder.agent.patch(`/api/reports/${report.id}`).send(body).expect(400);
      expect(response.body).toMatchObject({ errors: [{ field: "state" }] });
    },
  );

  test("takes one of several moves at the same time, and writes one event", async () => {
    const report = await file(await enter(application, "Rita"));
    const answers = await Promise.all(
      [world.responder, world.administrator, world.responder, world.administrator].map(({ agent }) =>
        agent.patch(`/api/reports/${report.id}`).send({ state: "acknowledged" }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect((await read(world.responder, report)).timeline.items.map(({ kind }) => kind)).toEqual(["moved", "filed"]);
  });

  test.each([undefined, {}, { text: " " }, { text: "x".repeat(2_001) }, { text: 1 }, { text: "a\0" }])(
    "takes no %j for a comment",
    async (body) => {
      const report = await file(await enter(application, "Rita"));
      const path = `/api/reports/${report.id}/comments`;
      const response = await world.responder.agent.post(path).send(body).expect(400);
      expect(response.body).toMatchObject({ errors: [{ field: "text" }] });
    },
  );
});

describe("somebody else's report", () => {
  test("is as good as none", async () => {
    const { reporter, stranger } = world;
    const report = await file(reporter);
    const answer = async (id: string) => {
      const { status, body } = await stranger.agent.get(`/api/reports/${id}`);
      return { status, body: { ...(body as object), requestId: "" } };
    };
    const nowhere = await answer("00000000-0000-4000-8000-000000000000");
    expect(nowhere.status).toBe(404);
    expect(await answer(report.id)).toEqual(nowhere);
    expect(await answer("nonsense")).toEqual(nowhere);
    // Before its body is read, so that nothing reveals that it is there
    await stranger.agent.patch(`/api/reports/${report.id}`).send({ state: "lost" }).expect(404);
    await stranger.agent.post(`/api/reports/${report.id}/comments`).send({}).expect(404);
    expect(await list(stranger)).toEqual({ items: [], next: null, total: 0 });
  });
});

describe("the list", () => {
  test("shows newest first what one may see, without descriptions", async () => {
    const { reporter, stranger, responder, administrator } = world;
    const first = await file(reporter);
    const second = await file(stranger, { ...incident, title: "Another" });
    const { id, title, state, createdAt, updatedAt } = second;
    const item = { id, title, state, createdAt, updatedAt, reporter: who(stranger), unread: false };
    expect(await list(stranger)).toEqual({ items: [item], next: null, total: 1 });
    for (const member of [responder, administrator]) {
      const { items, total } = await list(member);
      expect([items.map((found) => found.id), total]).toEqual([[second.id, first.id], 2]);
    }
  });

  test("can be filtered by states", async () => {
    const { reporter, responder } = world;
    const [first, second, third] = [await file(reporter), await file(reporter), await file(reporter)];
    await move(responder, first, "acknowledged");
    await move(responder, second, "acknowledged", "investigating", "closed");
    const found = async (state: string) => (await list(responder, `state=${state}`)).items.map(({ id }) => id);
    expect(await found("acknowledged")).toEqual([first.id]);
    expect(await found("submitted,closed")).toEqual([third.id, second.id]);
    expect(await found("resolved")).toEqual([]);
    expect((await list(responder, "state=closed")).total).toBe(1);
    for (const state of ["", "lost", "closed,lost", "closed&state=lost"]) {
      const response = await responder.agent.get(`/api/reports?state=${state}`).expect(400);
      expect(response.body).toMatchObject({ errors: [{ field: expect.stringMatching(/^state/) }] });
    }
  });

  test("of 10 000 reports comes in pages that miss and repeat nothing, while others are filed", async () => {
    const { reporter, administrator } = world;
    await sql(
      `INSERT INTO reports (id, title, description, reporter_id)
       SELECT gen_random_uuid(), 'Report ' || n, 'As it happened.', '${reporter.account.id}' FROM generate_series(1, 10000) n`,
    );
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page: PageBody<ReportBody> = await list(
        administrator,
        `limit=100${next === null ? "" : `&before=${next}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(100);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
      if (seen.length === 500) await sql(`DELETE FROM reports WHERE id = '${next ?? ""}'`);
    } while (next !== null);
    expect(new Set(seen).size).toBe(10_000);
    expect(seen).toEqual([...seen].sort().reverse());
    expect((await list(administrator)).items).toHaveLength(20);
  });
});

test("nothing of it is there when signed out", async () => {
  await emptyDatabase();
  for (const path of ["/api/reports", "/api/reports/00000000-0000-4000-8000-000000000000"]) {
    const { body } = await request(app).get(path).expect(401);
    expect(body).toMatchObject({ status: 401, detail: "Please sign in." });
  }
});
