import request from "supertest";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { PASSWORD, emptyDatabase, nextAddress, enter, sql, testApp, type Application, type Member } from "./support.js";

const application = testApp();
let ada: Member;
beforeEach(async () => {
  await emptyDatabase();
  ada = await enter(application, "Ada");
});
afterAll(application.close);

interface Attempt {
  email?: string;
  password?: string;
  address?: string;
  at?: Application;
}

const tryOnce = ({
  email = ada.account.email,
  password = PASSWORD,
  address = nextAddress(),
  at = application,
}: Attempt) => request(at.app).post("/api/session").set("X-Forwarded-For", address).send({ email, password });
const statuses = async (count: number, attempt: (number: number) => Attempt) => {
  const seen: number[] = [];
  for (let number = 0; number < count; number += 1) seen.push((await tryOnce(attempt(number))).status);
  return seen;
};
const times = (count: number, status: number) => Array<number>(count).fill(status);

describe("guessing the password of one account", () => {
  test("ends after ten wrong ones, also from as many addresses, and says when to try again", async () => {
    const seen = await statuses(30, (number) => ({ password: `guess number ${number}` }));
    expect(seen).toEqual([...times(10, 401), ...times(20, 429)]);
    const refused = await tryOnce({}).expect(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(800);
    expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(900);
    // Other accounts are not concerned
    const ben = await enter(application, "Ben");
    await tryOnce({ email: ben.account.email }).expect(200);
  });

  test("ends as early at several tasks together", async () => {
    const otherTask = testApp();
    try {
      const seen = await statuses(14, (number) => ({
        password: `guess ${number}`,
        at: number % 2 ? otherTask : application,
      }));
      expect(seen).toEqual([...times(10, 401), ...times(4, 429)]);
    } finally {
      await otherTask.close();
    }
  });

  test("ends as early when all come at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, number) => tryOnce({ password: `guess ${number}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...times(10, 401), ...times(20, 429)]);
  });

  test("ends in the same way where there is no such account", async () => {
    const seen = await statuses(12, (number) => ({ email: "nobody@example.org", password: `guess ${number}` }));
    expect(seen).toEqual([...times(10, 401), 429, 429]);
    const [known, unknown] = [
      await statuses(12, () => ({ password: "wrong" })),
      await tryOnce({ email: "nobody@example.org" }),
    ];
    expect(known.at(-1)).toBe(429);
    const { body } = await tryOnce({});
    expect({ ...(body as object), requestId: "" }).toEqual({ ...(unknown.body as object), requestId: "" });
  });

  test("does not lock out its owner's browser, which has a count of its own", async () => {
    const browser = request.agent(application.app);
    const signIn = (password: string) => browser.post("/api/session").send({ email: ada.account.email, password });
    await signIn(PASSWORD).expect(200);
    await browser.delete("/api/session").expect(204);
    await statuses(15, () => ({ password: "wrong" }));
    await tryOnce({}).expect(429);
    const { body } = await signIn(PASSWORD).expect(200);
    expect(body).toMatchObject({ failures: 10 });
    for (let wrong = 0; wrong < 10; wrong += 1) await signIn("wrong").expect(401);
    await signIn(PASSWORD).expect(429);
  });

  test("is not made easier by a browser that knows another account", async () => {
    const ben = await enter(application, "Ben");
    const browser = request.agent(application.app);
    await browser.post("/api/session").send({ email: ben.account.email, password: PASSWORD }).expect(200);
    await statuses(10, () => ({ password: "wrong" }));
    await browser.post("/api/session").send({ email: ada.account.email, password: PASSWORD }).expect(429);
    const forged = "conducky.device=eyJhbGciOiJub25lIn0.e30.";
    await tryOnce({}).set("Cookie", forged).expect(429);
  });

  test("is shown to its owner at the next sign-in, once", async () => {
    await statuses(3, () => ({ password: "wrong" }));
    expect((await tryOnce({}).expect(200)).body).toMatchObject({ failures: 3 });
    expect((await tryOnce({}).expect(200)).body).toMatchObject({ failures: 0 });
  });
});

describe("guessing from one address", () => {
  test("ends after fifty wrong passwords for any accounts, and elsewhere people sign in still", async () => {
    await sql("TRUNCATE limits");
    const seen = await statuses(52, (number) => ({ email: `n${number}@example.org`, address: "203.0.113.1" }));
    expect(seen).toEqual([...times(50, 401), 429, 429]);
    await tryOnce({ address: "203.0.113.1" }).expect(429);
    await tryOnce({ address: "203.0.113.2" }).expect(200);
  });

  test("counts an IPv6 customer's whole network as one", async () => {
    const seen = await statuses(52, (number) => ({
      email: `n${number}@example.org`,
      address: `2001:db8:1:2:${number.toString(16)}::1`,
    }));
    expect(seen.slice(-2)).toEqual([429, 429]);
    await tryOnce({ address: "2001:db8:1:3::1" }).expect(200);
  });

  test("is only what has wrong passwords: requests that are not valid close sign-in for nobody", async () => {
    const send = (body: object) =>
      request(application.app).post("/api/session").set("X-Forwarded-For", "203.0.113.3").send(body);
    for (let sent = 0; sent < 60; sent += 1) await send(sent % 2 ? { x: 1 } : { email: "a@example.org" }).expect(400);
    await tryOnce({ address: "203.0.113.3" }).expect(200);
    expect(await sql("SELECT 1 FROM limits WHERE key LIKE 'guessesByAddress:%'")).toEqual([]);
  });
});

test("an account signs in ten times a minute at most, and that costs no further hash", async () => {
  expect(await statuses(12, () => ({}))).toEqual([...times(10, 200), 429, 429]);
  const refused = await tryOnce({}).expect(429);
  expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(60);
});

test("a flood of sign-ins is refused with 503 and a time, while the health check answers", async () => {
  const flood = Array.from({ length: 120 }, (_, number) =>
    tryOnce({ email: `n${number}@example.org`, password: "wrong" }),
  );
  const answers = Promise.all(flood);
  const health = await Promise.all(Array.from({ length: 5 }, () => request(application.app).get("/health")));
  expect(health.map(({ status }) => status)).toEqual(times(5, 200));
  const seen = await answers;
  const busy = seen.filter(({ status }) => status === 503);
  expect(busy.length).toBeGreaterThan(0);
  expect(seen.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(40);
  for (const { headers, body } of busy) {
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(body).toMatchObject({ status: 503, title: "Service Unavailable" });
  }
  // Nothing of what was refused for want of time counts as a guess
  const [row] = await sql("SELECT count(*) FROM limits WHERE key LIKE 'guessesByAccount:%' AND points > 0");
  expect(Number(row?.count)).toBe(120 - busy.length);
});

test("neither addresses nor passwords that people typed are kept with the counts", async () => {
  await tryOnce({ email: "a secret typed into the wrong field" }).expect(401);
  const kept = JSON.stringify([await sql("SELECT * FROM limits"), await sql("SELECT * FROM audit")]);
  expect(kept).not.toMatch(/secret typed/);
});

test("an administrator's count is as good as anybody's", async () => {
  const root = await enter(application, "Root", "administrator");
  const seen = await statuses(11, () => ({ email: root.account.email, password: "wrong" }));
  expect(seen).toEqual([...times(10, 401), 429]);
});
