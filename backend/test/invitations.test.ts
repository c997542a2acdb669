import { SignJWT, UnsecuredJWT } from "jose";
import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  FRONTEND_BASE_URL,
  JWT_SECRET,
  PASSWORD,
  SESSION_SECRET,
  emptyDatabase,
  invite,
  register,
  enter,
  sql,
  testApp,
  tokenOf,
  type InvitationBody,
  type Member,
  type PageBody,
} from "./support.js";

const application = testApp();
const { app } = application;
let ada: Member;
beforeEach(async () => {
  await emptyDatabase();
  ada = await enter(application, "Ada", "administrator");
});
afterAll(application.close);

const look = (token: string) => request(app).get("/api/invitation").set("Authorization", `Bearer ${token}`);
const join = (token: string, email = "new@example.org") =>
  request(app)
    .post("/api/accounts")
    .set("Authorization", `Bearer ${token}`)
    .send({ name: "New", email, password: PASSWORD });

describe("an invitation", () => {
  test("is a link to the frontend that lasts seven days", async () => {
    const invitation = await invite(ada, "responder");
    expect(invitation).toEqual({
      id: expect.any(String),
      role: "responder",
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      createdBy: { id: ada.account.id, name: "Ada", role: "administrator" },
      url: `${FRONTEND_BASE_URL}/join#${tokenOf(invitation)}`,
    });
    const { createdAt, expiresAt } = invitation as unknown as { createdAt: string; expiresAt: string };
    expect((new Date(expiresAt).getTime() - new Date(createdAt).getTime()) / 86_400_000).toBeCloseTo(7, 3);
    const payload = JSON.parse(Buffer.from(tokenOf(invitation).split(".")[1] ?? "", "base64url").toString()) as object;
    expect(payload).toMatchObject({ sub: invitation.id, exp: Math.floor(new Date(expiresAt).getTime() / 1000) });
  });

  test.each(["reporter", "responder", "administrator"])("gives the role %s, once", async (role) => {
    const token = tokenOf(await invite(ada, role));
    await look(token)
      .expect(200)
      .expect(({ body }) => {
        expect(body).toMatchObject({ role });
      });
    const { account } = await register(application, "New", token);
    expect(account.role).toBe(role);
    await look(token).expect(410);
    await join(token).expect(410);
    expect(await sql("SELECT 1 FROM accounts WHERE email = 'new@example.org'")).toEqual([]);
  });

  test("gives its role once only, also when several use it at the same time", async () => {
    const token = tokenOf(await invite(ada, "responder"));
    const answers = await Promise.all([1, 2, 3, 4].map((number) => join(token, `n${number}@example.org`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410, 410]);
    expect(await sql("SELECT 1 FROM accounts WHERE role = 'responder'")).toHaveLength(1);
  });

  test("stays open when registering with it fails", async () => {
    const token = tokenOf(await invite(ada, "responder"));
    await join(token, ada.account.email).expect(409);
    await join(token, "no address").expect(400);
    await join(token).expect(201);
  });

  test("can be revoked", async () => {
    const invitation = await invite(ada, "responder");
    await ada.agent.delete(`/api/invitations/${invitation.id}`).expect(204);
    await look(tokenOf(invitation)).expect(410);
    await join(tokenOf(invitation)).expect(410);
    await ada.agent.delete(`/api/invitations/${invitation.id}`).expect(404);
    await ada.agent.delete("/api/invitations/nonsense").expect(404);
  });

  test("is refused when it is for no role", async () => {
    for (const body of [{}, { role: "king" }, { role: ["responder"] }]) {
      await ada.agent.post("/api/invitations").send(body).expect(400);
    }
  });
});

describe("a token", () => {
  const key = (secret: string) => new TextEncoder().encode(secret);
  const claims = { iss: "conducky-backend", aud: "invitation" };
  const signed = (payload: object, secret = JWT_SECRET, alg = "HS256") =>
    new SignJWT({ ...claims, ...payload }).setProtectedHeader({ alg }).sign(key(secret));
  const now = Math.floor(Date.now() / 1000);

  test("that was not made here is a 401, whatever is wrong with it", async () => {
    const { id } = await invite(ada, "administrator");
    const valid = { sub: id, exp: now + 60 };
    await look(await signed(valid)).expect(200);
    const refused: Record<string, string> = {
      "not a token": "nonsense",
      "another secret": await signed(valid, "another-secret-0123456789-0123456789"),
      "the session's secret": await signed(valid, SESSION_SECRET),
      "alg none": new UnsecuredJWT({ ...claims, ...valid }).encode(),
      "another algorithm": await signed(valid, JWT_SECRET.repeat(2), "HS512"),
      "no expiry": await signed({ sub: id }),
      "another issuer": await signed({ ...valid, iss: "elsewhere" }),
      "another audience": await signed({ ...valid, aud: "sign-in" }),
      "signature cut off": (await signed(valid)).split(".").slice(0, 2).join(".") + ".",
      "expired and forged": await signed({ ...valid, exp: now - 60 }, "another-secret-0123456789-0123456789"),
    };
    for (const [reason, token] of Object.entries(refused)) {
      expect([reason, (await look(token)).status]).toEqual([reason, 401]);
      expect([reason, (await join(token)).status]).toEqual([reason, 401]);
    }
    await request(app).get("/api/invitation").expect(401);
    await request(app).get("/api/invitation").set("Authorization", "Basic YTpi").expect(401);
    expect(await sql("SELECT 1 FROM accounts")).toHaveLength(1);
  });

  test("that was genuine once is a 410", async () => {
    const { id } = await invite(ada, "administrator");
    await look(await signed({ sub: id, exp: now - 60 })).expect(410);
    await look(await signed({ sub: "00000000-0000-4000-8000-000000000000", exp: now + 60 })).expect(410);
    await sql("UPDATE invitations SET expires_at = now() - interval '1 second'");
    await look(await signed({ sub: id, exp: now + 60 })).expect(410);
    await join(await signed({ sub: id, exp: now + 60 })).expect(410);
  });
});

test("open invitations are listed newest first, in pages, without their links", async () => {
  const oldest = await invite(ada, "reporter");
  await register(application, "Used", tokenOf(await invite(ada, "responder")));
  const newest = await invite(ada, "administrator");
  const listed = ({ url, ...invitation }: InvitationBody) => (url ? invitation : null);
  const page = async (query: string) =>
    (await ada.agent.get(`/api/invitations?${query}`).expect(200)).body as PageBody<InvitationBody>;
  const first = await page("limit=1");
  expect(first).toEqual({ items: [listed(newest)], next: newest.id, total: 2 });
  expect(await page(`limit=1&before=${first.next ?? ""}`)).toEqual({ items: [listed(oldest)], next: null, total: 2 });
});
