import request from "supertest";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  CORS_ORIGIN,
  PASSWORD,
  cookieOf,
  emptyDatabase,
  environment,
  forgetLimits,
  enter,
  signInAgain,
  sql,
  testApp,
  type Member,
} from "./support.js";

const application = testApp();
const { app } = application;
let ada: Member;
beforeAll(async () => {
  await emptyDatabase();
  ada = await enter(application, "Ada");
});
beforeEach(forgetLimits);
afterAll(application.close);

const signIn = (to = app, email = ada.account.email, password = PASSWORD) =>
  request(to).post("/api/session").send({ email, password });
const whoIs = (cookie: string, at = app) => request(at).get("/api/session").set("Cookie", cookie).expect(200);

describe("signing in", () => {
  test("takes the address in any case and the password exactly", async () => {
    const response = await signIn(app, ` ${ada.account.email.toUpperCase()} `).expect(200);
    expect(response.body).toMatchObject({ account: ada.account });
    await whoIs(cookieOf(response)).expect({ account: ada.account });
    await signIn(app, ada.account.email, PASSWORD.toUpperCase()).expect(401);
  });

  test.each([
    ["nobody@example.org", PASSWORD],
    ["", ""],
    ["ada\0@example.org", PASSWORD],
    ["' OR 1=1 --", "' OR 1=1 --"],
  ])("answers %j and %j as it answers a wrong password", async (email, password) => {
    const wrong = await signIn(app, ada.account.email, "not the password").expect(401);
    const response = await signIn(app, email, password).expect(401);
    const { requestId, ...body } = response.body as Record<string, unknown>;
    expect(requestId).toBe(response.headers["x-request-id"]);
    expect(body).toEqual({ ...(wrong.body as object), requestId: undefined });
    expect(response.headers["set-cookie"]).toBeUndefined();
  });

  test("renews the session's id, so that a planted one is worth nothing", async () => {
    const before = cookieOf(await signIn().expect(200));
    const after = cookieOf(await signIn().set("Cookie", before).expect(200));
    expect(after).not.toBe(before);
    await whoIs(before).expect({ account: null });
    await whoIs(after).expect({ account: ada.account });
  });

  test("ends the oldest of more than twenty sessions", async () => {
    const member = await enter(application, "Often");
    for (let number = 0; number < 24; number += 1) {
      await forgetLimits();
      await signInAgain(application, member);
    }
    expect(await sql(`SELECT 1 FROM sessions WHERE sess ->> 'accountId' = '${member.account.id}'`)).toHaveLength(20);
    await member.agent.get("/api/session").expect(200, { account: null });
  });
});

test("signing out ends the session on the server too", async () => {
  const cookie = cookieOf(await signIn().expect(200));
  const response = await request(app).delete("/api/session").set("Cookie", cookie).expect(204);
  expect(String(response.headers["set-cookie"])).toMatch(/conducky\.sid=; .*Expires=Thu, 01 Jan 1970/);
  await whoIs(cookie).expect({ account: null });
  await request(app).get("/api/reports").set("Cookie", cookie).expect(401);
  await request(app).delete("/api/session").expect(204);
});

describe("the session", () => {
  test("made by one task is known to another, since it is kept in Postgres", async () => {
    const cookie = cookieOf(await signIn().expect(200));
    const otherTask = testApp();
    try {
      await whoIs(cookie, otherTask.app).expect({ account: ada.account });
    } finally {
      await otherTask.close();
    }
  });

  test("of another installation is worth nothing here", async () => {
    const elsewhere = testApp({ SESSION_SECRET: "session-secret-of-another-installation-01" });
    try {
      const foreign = cookieOf(await signIn(elsewhere.app).expect(200));
      await whoIs(foreign, elsewhere.app).expect({ account: ada.account });
      await whoIs(foreign).expect({ account: null });
      await request(app).get("/api/reports").set("Cookie", foreign).expect(401);
    } finally {
      await elsewhere.close();
    }
  });

  test.each(["conducky.sid=s%3Aforged.signature", "conducky.sid=forged", "conducky.sid=%E0%A4%A", "conducky.sid="])(
    "%s is not a session",
    async (cookie) => {
      await whoIs(cookie).expect({ account: null });
    },
  );

  test("ends when it expires, and with its account", async () => {
    const member = await enter(application, "Gone");
    await sql(`DELETE FROM accounts WHERE id = '${member.account.id}'`);
    await member.agent.get("/api/session").expect(200, { account: null });
    await member.agent.get("/api/reports").expect(401);

    const expired = cookieOf(await signIn().expect(200));
    const [, id] = /^conducky\.sid=s%3A([^.]+)\./.exec(expired) ?? [];
    await sql(`UPDATE sessions SET expire = now() - interval '1 second' WHERE sid = '${id ?? ""}'`);
    await whoIs(expired).expect({ account: null });
  });

  test("lasts seven days and is kept from scripts and other sites", async () => {
    const response = await signIn().expect(200);
    const [, expires] =
      /conducky\.sid=[^;]+; Path=\/; Expires=([^;]+); HttpOnly; SameSite=Lax$/.exec(
        String(response.headers["set-cookie"]),
      ) ?? [];
    const days = (new Date(String(expires)).getTime() - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 2);
  });

  test.each(["http", "https", undefined])(
    "has a secure cookie when the site is https, though a proxy says %s",
    async (scheme) => {
      const https = testApp({ FRONTEND_BASE_URL: "https://example.org" });
      try {
        const signingIn = signIn(https.app);
        if (scheme !== undefined) void signingIn.set("X-Forwarded-Proto", scheme);
        const response = await signingIn.expect(200);
        const cookies = [response.headers["set-cookie"] ?? []].flat();
        expect(cookies).toHaveLength(2);
        for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
        await whoIs(cookieOf(response), https.app).expect({ account: ada.account });
      } finally {
        await https.close();
      }
    },
  );
});

describe("calls from other sites' pages", () => {
  const ELSEWHERE = "https://elsewhere.example";

  test.each(["get", "post", "delete"] as const)("are refused (%s)", async (method) => {
    for (const origin of [ELSEWHERE, "null", `${CORS_ORIGIN}.elsewhere.example`, CORS_ORIGIN.toUpperCase()]) {
      const { headers } = await ada.agent[method]("/api/session").set("Origin", origin).expect(403);
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
    await ada.agent.get("/api/session").expect(200, { account: ada.account });
  });

  test("are not announced as allowed", async () => {
    const { headers } = await request(app)
      .options("/api/session")
      .set({ Origin: ELSEWHERE, "Access-Control-Request-Method": "POST" });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("are allowed from each configured origin, with credentials", async () => {
    const several = testApp({ CORS_ORIGIN: `${environment().CORS_ORIGIN ?? ""}, https://second.example` });
    try {
      for (const origin of [CORS_ORIGIN, "https://second.example"]) {
        for (const method of ["get", "options"] as const) {
          const { headers } = await request(several.app)[method]("/api/session").set("Origin", origin);
          expect(headers["access-control-allow-origin"]).toBe(origin);
          expect(headers["access-control-allow-credentials"]).toBe("true");
        }
      }
    } finally {
      await several.close();
    }
  });
});
