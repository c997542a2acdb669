import { pino } from "pino";
import request from "supertest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "../src/app.js";
import { createLogger, describeError } from "../src/http/log.js";
import {
  PASSWORD,
  createReset,
  emptyDatabase,
  file,
  invite,
  enter,
  testConfig,
  tokenOf,
  type Member,
} from "./support.js";

const lines: string[] = [];
const application = createApp(testConfig(), pino({}, { write: (line: string) => void lines.push(line) }));
const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
let ada: Member;
beforeAll(async () => {
  await emptyDatabase();
  ada = await enter(application, "Ada", "administrator");
});
afterAll(application.close);

test("a request is logged by the id it was answered with, and by its path only", async () => {
  const { headers } = await request(application.app)
    .get("/api/reports?state=private")
    .set({ Authorization: "Bearer private", "X-Amzn-Trace-Id": "Root=1-2" })
    .expect(401);
  expect(entries().at(-1)).toMatchObject({
    msg: "request",
    id: headers["x-request-id"],
    method: "GET",
    path: "/api/reports",
    status: 401,
    finished: true,
    trace: "Root=1-2",
  });
  expect(lines.join()).not.toContain("private");
});

test("a request is logged with the account's id and the client's address", async () => {
  await ada.agent.get("/api/session").set("X-Forwarded-For", "9.9.9.9, 203.0.113.1").expect(200);
  expect(entries().at(-1)).toMatchObject({ account: ada.account.id, address: "203.0.113.1" });
  await request(application.app).get("/api/session").expect(200);
  expect(entries().at(-1)).not.toHaveProperty("account");
});

test("no text, password, token or address that people sent is logged", async () => {
  const report = await file(ada, { title: "Private title", description: "Private description" });
  await ada.agent.post(`/api/reports/${report.id}/comments`).send({ text: "Private comment" }).expect(201);
  const token = tokenOf(await invite(ada, "responder"));
  await request(application.app).get("/api/invitation").set("Authorization", `Bearer ${token}`).expect(200);
  await request(application.app).post("/api/session").send({ email: ada.account.email, password: "wrong" }).expect(401);
  const reset = tokenOf(await createReset(ada, await enter(application, "Rita")));
  const setting = request(application.app).post("/api/password-reset").set("Authorization", `Bearer ${reset}`);
  await setting.send({ password: "private phrase of words" }).expect(204);
  const change = { current: "private guess", password: "private phrase of words" };
  await ada.agent.put("/api/password").send(change).expect(400);
  expect(lines.length).toBeGreaterThan(5);
  for (const secret of [/private/i, PASSWORD, ada.account.email, token.split(".")[2], reset.split(".")[2], "argon2"]) {
    expect(lines.join()).not.toMatch(secret ?? "?");
  }
});

test("an error is described by its kind and place, never by its message", () => {
  const error = Object.assign(new TypeError("INSERT 'Private description'"), { code: "P2010" });
  const described = describeError(error);
  expect(described).toMatchObject({ type: "TypeError", code: "P2010" });
  expect(described.at?.[0]).toContain("log.test");
  expect(JSON.stringify(described)).not.toContain("Private");
  expect(describeError("Private")).toEqual({ type: "string" });
});

test("a failure of ours is logged with the request's id, and its cause stays inside", async () => {
  const away = createApp(
    testConfig({ DATABASE_URL: "postgresql://app:fake-password@127.0.0.1:1/none" }),
    pino({}, { write: (line: string) => void lines.push(line) }),
  );
  const { body, headers } = await request(away.app).get("/ready").expect(503);
  await away.close();
  expect(entries().find(({ msg }) => msg === "request failed")).toMatchObject({
    id: headers["x-request-id"],
    path: "/ready",
    error: { code: "P2010" },
  });
  expect(JSON.stringify(body) + lines.join()).not.toMatch(/fake-password|127\.0\.0\.1:1/);
});

test("lines are JSON and name service and revision", () => {
  expect(createLogger("r7").bindings()).toEqual({ service: "backend", revision: "r7" });
});
