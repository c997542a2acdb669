import { createHash } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  FRONTEND_BASE_URL,
  JWT_SECRET,
  PASSWORD,
  SESSION_SECRET,
  administratorLink,
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
      addressee: null,
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      createdBy: { id: ada.account.id, name: "Ada", role: "administrator" },
      url: `${FRONTEND_BASE_URL}/join#${tokenOf(invitation)}`,
    });
    const { createdAt, expiresAt } = invitation as unknown as { createdAt: string; expiresAt: string };
    expect((new Date(expiresAt).getTime() - new Date(createdAt).getTime()) / 86_400_000).toBeCloseTo(7, 3);
  });

  test("carries 128 random bits, of which the database keeps a hash that no database makes", async () => {
    const tokens = [];
    for (let count = 0; count < 3; count += 1) tokens.push(tokenOf(await invite(ada, "responder")));
    tokens.push(new URL(await administratorLink()).hash.slice(1));
    expect(tokens.every((token) => /^[\w-]{22}$/.test(token))).toBe(true);
    expect(new Set(tokens).size).toBe(4);
    const stored = JSON.stringify(await sql("SELECT * FROM invitations"));
    const [token = ""] = tokens;
    expect(stored).not.toContain(token);
    expect(stored).not.toContain(createHash("sha256").update(token).digest("base64url"));
    const another = testApp({ JWT_SECRET: "another-secret-0123456789-0123456789" });
    await request(another.app).get("/api/invitation").set("Authorization", `Bearer ${token}`).expect(410);
    await another.close();
  });

  test("can be addressed to somebody, whom the list and the link's page name, and the audit log does not", async () => {
    const invitation = await invite(ada, "responder", "  Grace   Hopper ");
    expect(invitation.addressee).toBe("Grace Hopper");
    const { body } = await ada.agent.get("/api/invitations").expect(200);
    expect(body).toMatchObject({ items: [{ id: invitation.id, addressee: "Grace Hopper" }] });
    await look(tokenOf(invitation))
      .expect(200)
      .expect(({ body }) => {
        expect(body).toMatchObject({ role: "responder", addressee: "Grace Hopper" });
      });
    expect(JSON.stringify(await sql("SELECT * FROM audit"))).not.toContain("Grace");
    for (const addressee of ["", " ", "x".repeat(255), "a\u202eb", "a\0", 1, null])
      await ada.agent.post("/api/invitations").send({ role: "responder", addressee }).expect(400);
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

describe("accepting one with an account", () => {
  const accept = ({ agent }: Member, token: string) =>
    agent.post("/api/invitation/accept").set("Authorization", `Bearer ${token}`);
  const roleOf = async ({ account }: Member) =>
    (await sql(`SELECT role FROM accounts WHERE id = '${account.id}'`))[0]?.role;

  test("gives the account the higher role, at once and once", async () => {
    const [rita, stan] = [await enter(application, "Rita"), await enter(application, "Stan")];
    const token = tokenOf(await invite(ada, "responder"));
    const { body } = await accept(rita, token).expect(200);
    expect(body).toMatchObject({ account: { id: rita.account.id, role: "responder" } });
    await rita.agent.get("/api/session").expect(({ body }) => {
      expect(body).toMatchObject({ account: { role: "responder" } });
    });
    await accept(stan, token).expect(410);
    await look(token).expect(410);
    expect(await roleOf(stan)).toBe("reporter");
    const written = await sql("SELECT actor_id, account_id, detail FROM audit WHERE action = 'role_changed'");
    const { id } = rita.account;
    expect(written).toEqual([{ actor_id: id, account_id: id, detail: "reporter → responder, by invitation" }]);
    // Also one who has accepted, or joined by, an earlier one
    await accept(rita, tokenOf(await invite(ada, "administrator"))).expect(200);
    const nell = await register(application, "Nell", tokenOf(await invite(ada, "reporter")));
    await accept(nell, tokenOf(await invite(ada, "responder"))).expect(200);
  });

  test.each([
    ["responder", "responder"],
    ["responder", "reporter"],
    ["administrator", "responder"],
  ])("of role %s takes nothing away, and leaves one for a %s open", async (role, invited) => {
    const member = await enter(application, "Rosa", role);
    const token = tokenOf(await invite(ada, invited));
    const { body } = await accept(member, token).expect(409);
    expect(body).toMatchObject({ detail: expect.stringContaining(`${role} already`) });
    expect(await roleOf(member)).toBe(role);
    await look(token).expect(200);
  });

  test("works for one of several accounts that try at the same time", async () => {
    const members = [await enter(application, "One"), await enter(application, "Two"), await enter(application, "Three")];
    const token = tokenOf(await invite(ada, "responder"));
    const answers = await Promise.all(members.map((member) => accept(member, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    expect(await sql("SELECT 1 FROM accounts WHERE role = 'responder'")).toHaveLength(1);
  });

  test("needs an account, a link that is open, and a page of this site", async () => {
    const rita = await enter(application, "Rita");
    const invitation = await invite(ada, "responder");
    await request(app).post("/api/invitation/accept").set("Authorization", `Bearer ${tokenOf(invitation)}`).expect(401);
    await rita.agent.post("/api/invitation/accept").expect(401);
    await accept(rita, tokenOf(invitation)).set("Origin", "https://elsewhere.example").expect(403);
    await ada.agent.delete(`/api/invitations/${invitation.id}`).expect(204);
    await accept(rita, tokenOf(invitation)).expect(410);
    expect(await roleOf(rita)).toBe("reporter");
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

  test("of an earlier release works until it expires, once", async () => {
    const { id } = await invite(ada, "responder");
    await sql("UPDATE invitations SET token_hash = NULL");
    const token = await signed({ sub: id, exp: now + 60 });
    await look(token).expect(200);
    await join(token).expect(201);
    await look(token).expect(410);
  });

  test("as long as one from here that is none is a 410, and one that was cut off or added to a 401", async () => {
    const token = tokenOf(await invite(ada, "responder"));
    await look("x".repeat(22)).expect(410);
    for (const other of [token.slice(1), `${token}.`, `${token}x`, token.replace(/.$/, "!")])
      await look(other).expect(401);
    // For an invitation, and for nothing else
    await request(app).get("/api/password-reset").set("Authorization", `Bearer ${token}`).expect(410);
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
