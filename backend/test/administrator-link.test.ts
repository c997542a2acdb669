import { spawnSync } from "node:child_process";
import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  FRONTEND_BASE_URL,
  JWT_SECRET,
  PASSWORD,
  administratorLink,
  emptyDatabase,
  environment,
  nextAddress,
  enter,
  sql,
  testApp,
  tokenOf,
} from "./support.js";

const application = testApp();
const { app } = application;
beforeEach(emptyDatabase);
afterAll(application.close);

const look = (url: string) =>
  request(app)
    .get("/api/invitation")
    .set("Authorization", `Bearer ${tokenOf({ url })}`);
const join = (url: string, email: string) =>
  request(app)
    .post("/api/accounts")
    .set({ Authorization: `Bearer ${tokenOf({ url })}`, "X-Forwarded-For": nextAddress() })
    .send({ name: "Ada", email, password: PASSWORD });

/** The command as it runs in a backend container. */
function command(overrides: NodeJS.ProcessEnv = {}) {
  const { PATH, NODE_EXTRA_CA_CERTS } = process.env;
  return spawnSync(process.execPath, ["dist/administrator-link.js"], {
    encoding: "utf8",
    env: { PATH, NODE_EXTRA_CA_CERTS, ...environment(), ...overrides },
  });
}

describe("the command", () => {
  test("prints one line, a link that creates the first administrator, once", async () => {
    const { status, stdout, stderr } = command();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^${FRONTEND_BASE_URL}/join#[\\w.-]+\\n$`));
    const url = stdout.trim();
    await look(url).expect(200);
    const { body } = await join(url, "ada@example.org").expect(201);
    expect(body).toMatchObject({ account: { role: "administrator" } });
    await join(url, "ben@example.org").expect(410);
    await look(url).expect(410);
    expect(await sql("SELECT role FROM accounts")).toEqual([{ role: "administrator" }]);
  });

  test.each([
    [
      "the database is away",
      { DATABASE_URL: "postgresql://app:fake-password@127.0.0.1:1/none" },
      /^No link was created: .* unreachable/,
    ],
    ["a secret is missing", { JWT_SECRET: "" }, /^The backend cannot start because of its environment: JWT_SECRET/],
  ])("ends with 1, one line and no link when %s", (_case, overrides, message) => {
    const { status, stdout, stderr } = command(overrides);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    for (const secret of ["fake-password", JWT_SECRET]) expect(stderr).not.toContain(secret);
  });

  test("ends with 1 and one line when the tables are of another release", async () => {
    await sql("ALTER TABLE invitations RENAME TO invitations_of_another_release");
    try {
      const { status, stdout, stderr } = command();
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^No link was created: its tables.*\n$/);
    } finally {
      await sql("ALTER TABLE invitations_of_another_release RENAME TO invitations");
    }
  });
});

describe("a link for an administrator", () => {
  test("works for one of several people who use it at the same time", async () => {
    const url = await administratorLink();
    const answers = await Promise.all([1, 2, 3, 4].map((number) => join(url, `n${number}@example.org`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410, 410]);
  });

  test("ends an earlier one that was not used, and no other invitation", async () => {
    const ada = await enter(application, "Ada", "administrator");
    const { body } = await ada.agent.post("/api/invitations").send({ role: "responder" }).expect(201);
    const [earlier, later] = [await administratorLink(), await administratorLink()];
    await join(earlier, "ben@example.org").expect(410);
    await look((body as { url: string }).url).expect(200);
    await join(later, "ben@example.org").expect(201);
  });

  test("lasts an hour", async () => {
    const url = await administratorLink();
    const [row] = await sql("SELECT extract(epoch FROM expires_at - now()) AS seconds FROM invitations");
    expect(Number(row?.seconds)).toBeGreaterThan(3_500);
    expect(Number(row?.seconds)).toBeLessThanOrEqual(3_600);
    await sql("UPDATE invitations SET expires_at = now() - interval '1 second'");
    await join(url, "ada@example.org").expect(410);
  });

  test("is the way back in where people have accounts and none is administrator", async () => {
    await enter(application, "Rita");
    await join(await administratorLink(), "ada@example.org").expect(201);
  });

  test("is seen and revoked by administrators", async () => {
    const ada = await enter(application, "Ada", "administrator");
    const url = await administratorLink();
    const { body } = await ada.agent.get("/api/invitations").expect(200);
    const { items } = body as { items: { id: string; createdBy: unknown }[] };
    expect(items).toMatchObject([{ role: "administrator", createdBy: null }]);
    await ada.agent.delete(`/api/invitations/${items[0]?.id ?? ""}`).expect(204);
    await join(url, "ben@example.org").expect(410);
  });
});
