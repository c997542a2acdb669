import request from "supertest";
import { afterAll, describe, expect, test } from "vitest";
import { CORS_ORIGIN, testApp } from "./support.js";

const { app, close } = testApp();
afterAll(close);

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
    const away = testApp({ DATABASE_URL: "postgresql://app:secret@127.0.0.1:1/none" });
    try {
      await request(away.app).get("/health").expect(200);
      const ready = await request(away.app).get("/ready").expect(503);
      expect(ready.headers["content-type"]).toContain("application/problem+json");
      const status = await request(away.app).get("/api/status").expect(500);
      expect(status.body).toEqual({ type: "about:blank", title: "Internal Server Error", status: 500 });
    } finally {
      await away.close();
    }
  });
});

test("the status comes from Postgres", async () => {
  const { body } = await request(app).get("/api/status").expect(200);
  expect(body).toEqual({
    service: "backend",
    revision: "r1",
    database: { version: expect.stringMatching(/^\d+\.\d+$/), migration: "20260201090000_init" },
    reports: expect.any(Number),
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
      detail: "There is no GET /api/nothing.",
    });
    expect(response.headers["x-revision"]).toBe("r1");
  });

  test("bad JSON is a 400", async () => {
    const response = await request(app).post("/api/reports").type("json").send('{"title": ').expect(400);
    expect(response.body).toMatchObject({ status: 400, detail: "The body is not valid JSON." });
  });

  test("a body over the limit is a 413", async () => {
    const description = "x".repeat(70_000);
    const response = await request(app).post("/api/reports").send({ title: "Large", description }).expect(413);
    expect(response.body).toMatchObject({ status: 413, title: "Payload Too Large", detail: "The body is too large." });
  });
});

describe("cross-origin requests", () => {
  test("are allowed from the configured origin, with credentials", async () => {
    const { headers } = await request(app).get("/api/status").set("Origin", CORS_ORIGIN).expect(200);
    expect(headers["access-control-allow-origin"]).toBe(CORS_ORIGIN);
    expect(headers["access-control-allow-credentials"]).toBe("true");
  });

  test("are not allowed from anywhere else", async () => {
    for (const method of ["get", "options"] as const) {
      const { headers } = await request(app)[method]("/api/status").set("Origin", "http://elsewhere.example");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});
