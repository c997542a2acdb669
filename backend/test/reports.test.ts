import { SignJWT, UnsecuredJWT } from "jose";
import request from "supertest";
import { afterAll, describe, expect, test } from "vitest";
import { JWT_SECRET, testApp, tokenOf, type ReportBody } from "./support.js";

const { app, close } = testApp();
afterAll(close);

const incident = { title: "Shouting", description: "Somebody shouted during the talk." };

async function file(agent = request.agent(app), body: object = incident): Promise<ReportBody> {
  const response = await agent.post("/api/reports").send(body).expect(201);
  return response.body as ReportBody;
}

const followUp = (token: string) => request(app).get("/api/follow-up").set("Authorization", `Bearer ${token}`);

describe("filing", () => {
  test("answers the report and counts it", async () => {
    const before = await request(app).get("/api/status").expect(200);
    const report = await file(undefined, { title: "  Shouting ", description: incident.description });
    expect(report).toEqual({
      ...incident,
      id: expect.any(String),
      state: "submitted",
      createdAt: expect.any(String),
      followUpUrl: expect.stringMatching(/^http:\/\/localhost:3000\/follow-up\?token=ey/),
    });
    const after = await request(app).get("/api/status").expect(200);
    expect((after.body as { reports: number }).reports).toBe((before.body as { reports: number }).reports + 1);
  });

  test.each([
    ["no body", undefined, ["title", "description"]],
    ["blank fields", { title: " ", description: "" }, ["title", "description"]],
    ["a long title", { ...incident, title: "x".repeat(121) }, ["title"]],
    ["a long description", { ...incident, description: "x".repeat(5_001) }, ["description"]],
    ["a null character", { ...incident, description: "a\0b" }, ["description"]],
    ["wrong types", { title: 1, description: [] }, ["title", "description"]],
  ])("refuses %s and names the fields", async (_case, body, fields) => {
    const response = await request(app).post("/api/reports").send(body).expect(400);
    const { errors } = response.body as { errors: { field: string; message: string }[] };
    expect(errors.map(({ field }) => field)).toEqual(fields);
  });

  test("is limited for each address", async () => {
    const limited = testApp();
    try {
      const post = (address: string) =>
        request(limited.app).post("/api/reports").set("X-Forwarded-For", address).send({}).then(({ status }) => status);
      for (let sent = 0; sent < 30; sent += 1) expect(await post("203.0.113.1")).toBe(400);
      expect(await post("203.0.113.1")).toBe(429);
      expect(await post("203.0.113.2")).toBe(400);
    } finally {
      await limited.close();
    }
  });
});

describe("the browser session", () => {
  test("lists its own reports, newest first, and nobody else's", async () => {
    const agent = request.agent(app);
    const first = await file(agent);
    const second = await file(agent, { ...incident, title: "Again" });
    await agent.get("/api/reports").expect(200, [second, first]);
    await request(app).get("/api/reports").expect(200, []);
    await request.agent(app).get("/api/reports").set("Cookie", "conducky.sid=s%3Aforged.signature").expect(200, []);
  });

  test("is known to every task, since it is kept in Postgres", async () => {
    const agent = request.agent(app);
    const response = await agent.post("/api/reports").send(incident).expect(201);
    const cookie = String(response.headers["set-cookie"]).split(";")[0] ?? "";
    const otherTask = testApp();
    try {
      await request(otherTask.app).get("/api/reports").set("Cookie", cookie).expect(200, [response.body]);
    } finally {
      await otherTask.close();
    }
  });

  test("has a cookie that scripts cannot read, secure exactly over https", async () => {
    const plain = await request(app).post("/api/reports").send(incident).expect(201);
    expect(String(plain.headers["set-cookie"])).toMatch(/^conducky\.sid=.*; HttpOnly; SameSite=Lax$/);
    const https = testApp({ FRONTEND_BASE_URL: "https://example.org" });
    try {
      const secured = await request(https.app)
        .post("/api/reports")
        .set("X-Forwarded-Proto", "https")
        .send(incident)
        .expect(201);
      expect(String(secured.headers["set-cookie"])).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    } finally {
      await https.close();
    }
  });
});

describe("the follow-up link", () => {
  const key = (secret: string) => new TextEncoder().encode(secret);
  const claims = { iss: "conducky-backend", aud: "follow-up" };
  const signed = (payload: object, secret = JWT_SECRET) =>
    new SignJWT({ ...claims, ...payload }).setProtectedHeader({ alg: "HS256" }).sign(key(secret));
  const now = Math.floor(Date.now() / 1000);

  test("shows its report to whoever holds it, for 90 days", async () => {
    const report = await file();
    await followUp(tokenOf(report)).expect(200, report);
    const payload = JSON.parse(Buffer.from(tokenOf(report).split(".")[1] ?? "", "base64url").toString()) as {
      iat: number;
      exp: number;
    };
    expect(payload.exp - payload.iat).toBe(90 * 24 * 60 * 60);
  });

  test("is refused when it is missing, forged, expired or for something else", async () => {
    const { id } = await file();
    const valid = { sub: id, exp: now + 60 };
    await followUp(await signed(valid)).expect(200);

    const refused: Record<string, string> = {
      "not a token": "nonsense",
      "another secret": await signed(valid, "another-secret-0123456789-0123456789"),
      "alg none": new UnsecuredJWT({ ...claims, ...valid }).encode(),
      "another algorithm": await new SignJWT({ ...claims, ...valid })
        .setProtectedHeader({ alg: "HS512" })
        .sign(key(JWT_SECRET.repeat(2))),
      expired: await signed({ ...valid, exp: now - 60 }),
      "no expiry": await signed({ sub: id }),
      "another issuer": await signed({ ...valid, iss: "elsewhere" }),
      "another audience": await signed({ ...valid, aud: "sign-in" }),
      "no report": await signed({ ...valid, sub: "00000000-0000-4000-8000-000000000000" }),
    };
    for (const [reason, token] of Object.entries(refused)) {
      const { status, headers } = await followUp(token);
      expect([reason, status, headers["www-authenticate"]]).toEqual([reason, 401, "Bearer"]);
    }
    await request(app).get("/api/follow-up").expect(401);
    await request(app).get("/api/follow-up").set("Authorization", "Basic YTpi").expect(401);
  });
});
