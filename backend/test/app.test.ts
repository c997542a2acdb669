import request from "supertest";
import { afterAll, describe, expect, test } from "vitest";
import { isUnreachable } from "../src/database.js";
import { PASSWORD, cookieOf, emptyDatabase, makeWorld, enter, testApp } from "./support.js";

const application = testApp();
const { app } = application;
afterAll(application.close);

describe("health", () => {
  test("answers without a session and names the revision", async () => {
    const response = await request(app).get("/health").expect(200, { status: "ok", revision: "r1" });
    expect(response.headers["x-revision"]).toBe("r1");
    expect(response.headers["set-cookie"]).toBeUndefined();
  });

  test("readiness asks the database", async () => {
    await request(app).get("/ready").expect(200, { status: "ready" });
  });

  test("liveness holds and readiness fails while the database is away", async () => {
    const person = { name: "Ada", email: "ada@example.org", password: PASSWORD };
    await emptyDatabase();
    const registered = await request(app).post("/api/accounts").send(person).expect(201);
    const cookie = cookieOf(registered);
    const away = testApp({ DATABASE_URL: "postgresql://app:secret@127.0.0.1:1/none" });
    try {
      await request(away.app).get("/health").expect(200);
      const ready = await request(away.app).get("/ready").expect(503);
      expect(ready.headers["content-type"]).toContain("application/problem+json");
      const status = await request(away.app).get("/api/status").expect(503);
      expect(status.body).toMatchObject({ title: "Service Unavailable", detail: "The database is unreachable." });
      await request(away.app).get("/api/reports").set("Cookie", cookie).expect(503);
      await request(away.app).get("/api/reports").expect(401);
    } finally {
      await away.close();
    }
  });
});

describe("the status", () => {
  test("tells people who are not administrators that the database answers, and nothing of what is running", async () => {
    const { reporter, responder } = await makeWorld(application);
    for (const agent of [request(app), reporter.agent, responder.agent]) {
      const { headers } = await agent.get("/api/status").expect(200, { status: "ok" });
      expect(headers["x-revision"]).toBe("r1");
    }
  });

  test("tells administrators what is running, as Postgres has it", async () => {
    const { agent } = await enter(application, "Root", "administrator");
    const { body } = await agent.get("/api/status").expect(200);
    expect(body).toEqual({
      status: "ok",
      revision: "r1",
      database: { version: expect.stringMatching(/^15\.\d+$/), migration: "20261126200000_news" },
    });
  });
});

describe("errors", () => {
  test("an unknown path is a problem document", async () => {
    const response = await request(app).get("/api/nothing?token=private").expect(404);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.body).toEqual({
      type: "about:blank",
      title: "Not Found",
      status: 404,
      detail: "GET /api/nothing does not exist.",
      requestId: response.headers["x-request-id"],
    });
    expect(response.headers["x-revision"]).toBe("r1");
  });

  test("bad JSON is a 400", async () => {
    const response = await request(app).post("/api/session").type("json").send('{"email": ').expect(400);
    expect(response.body).toMatchObject({ status: 400, detail: "The body is not valid JSON." });
  });

  test("a body that is not JSON is a 415, and a missing one is not", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const response = await request(app).post("/api/session").type(type).send("email=a&password=b").expect(415);
      expect(response.body).toMatchObject({ detail: "The body must be JSON (application/json)." });
    }
    await request(app).post("/api/session").set("Content-Length", "0").expect(400);
    await request(app)
      .post("/api/session")
      .set("Content-Type", "application/json; charset=latin1")
      .send("{}")
      .expect(415);
  });

  test("a path that cannot be decoded is a 400", async () => {
    const response = await request(app).get("/api/reports/%E0%A4%A").expect(400);
    expect(response.headers["content-type"]).toContain("application/problem+json");
  });

  test("a body over the limit is a 413", async () => {
    const description = "x".repeat(70_000);
    const response = await request(app).post("/api/reports").send({ title: "Large", description }).expect(413);
    expect(response.body).toMatchObject({ status: 413, title: "Payload Too Large", detail: "The body is too large." });
  });
});

test.each([
  [{ code: "P1001" }, true],
  [{ code: "P2028" }, true],
  [{ code: "57P03" }, true],
  [{ code: "P2002" }, false],
  [{}, false],
])("an error with %j is the database being away: %s", (properties, away) => {
  expect(isUnreachable(Object.assign(new Error("failed"), properties))).toBe(away);
});
