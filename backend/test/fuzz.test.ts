import fc from "fast-check";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  PASSWORD,
  createReset,
  forgetLimits,
  makeWorld,
  storeReport,
  testApp,
  tokenOf,
  type Agent,
  type World,
} from "./support.js";

const RUNS = 60;

const application = testApp();
let world: World;
beforeAll(async () => {
  world = await makeWorld(application);
});
afterAll(application.close);

const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    " ",
    "\0",
    "\ud800",
    "'; --",
    "<script>",
    "__proto__",
    "null",
    "🦆".repeat(100),
    "x".repeat(6_000),
  ),
);
const value = fc.oneof(nasty, fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(-1, 1e308, Number.MAX_SAFE_INTEGER));

/** Bodies that are nearly right: every field is the valid one, a wild one, or missing. */
const nearly = (valid: Record<string, unknown>) => {
  const fields = Object.entries(valid).map(([name, good]) => [name, fc.oneof(fc.constant(good), value)]);
  return fc.record(
    { ...(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>), extra: value },
    { requiredKeys: [] },
  );
};
const body = (valid: Record<string, unknown>) => fc.oneof({ weight: 4, arbitrary: nearly(valid) }, fc.jsonValue());

function check(response: request.Response, sent: unknown): void {
  const said = JSON.stringify({ sent, status: response.status, answer: response.text.slice(0, 500) });
  expect(response.status, said).toBeLessThan(500);
  expect(response.status, said).not.toBe(429);
  expect(response.headers["x-revision"], said).toBe("r1");
  if (response.status >= 400) {
    expect(response.headers["content-type"], said).toContain("application/problem+json");
    expect(response.body, said).toMatchObject({ type: "about:blank", status: response.status });
    expect(response.text, said).not.toMatch(/prisma|postgres|node_modules|\bat \w+ \(/i);
  }
}

interface Target {
  agent: Agent;
  method: "post" | "patch" | "put";
  path: string;
  token?: string;
}

const anybody = (method: Target["method"], path: string) => (): Promise<Target> =>
  Promise.resolve({ agent: request.agent(application.app), method, path });

interface Case {
  route: string;
  valid: Record<string, unknown>;
  /** Where a body goes to next. */
  target: () => Promise<Target>;
}

const CASES: Case[] = [
  {
    route: "POST /session",
    valid: { email: "ada@example.org", password: PASSWORD },
    target: anybody("post", "/api/session"),
  },
  {
    route: "POST /accounts",
    valid: { name: "N", email: "n@example.org", password: PASSWORD },
    target: anybody("post", "/api/accounts"),
  },
  {
    route: "PATCH /accounts/:id",
    valid: { role: "responder", disabled: false },
    target: () =>
      Promise.resolve({
        agent: world.administrator.agent,
        method: "patch",
        path: `/api/accounts/${world.stranger.account.id}`,
      }),
  },
  {
    route: "PUT /password",
    valid: { current: PASSWORD, password: PASSWORD },
    target: () => Promise.resolve({ agent: world.reporter.agent, method: "put", path: "/api/password" }),
  },
  {
    route: "POST /password-reset",
    valid: { password: PASSWORD },
    target: async () => {
      const token = tokenOf(await createReset(world.administrator, world.stranger));
      return { agent: request.agent(application.app), method: "post", path: "/api/password-reset", token };
    },
  },
  {
    route: "POST /invitations",
    valid: { role: "responder", addressee: "Grace" },
    target: () => Promise.resolve({ agent: world.administrator.agent, method: "post", path: "/api/invitations" }),
  },
  {
    route: "POST /reports",
    valid: { title: "T", description: "D", about: [] },
    target: () => Promise.resolve({ agent: world.reporter.agent, method: "post", path: "/api/reports" }),
  },
  {
    route: "PATCH /reports/:id",
    valid: { state: "acknowledged", from: "submitted" },
    target: async () => {
      const { id } = await storeReport(world.reporter);
      return { agent: world.responder.agent, method: "patch", path: `/api/reports/${id}` };
    },
  },
  {
    route: "PUT /reports/:id/read",
    valid: { event: "00000000-0000-4000-8000-000000000000" },
    target: async () => {
      const { id } = await storeReport(world.reporter);
      return { agent: world.reporter.agent, method: "put", path: `/api/reports/${id}/read` };
    },
  },
  {
    route: "POST /reports/:id/comments",
    valid: { text: "T" },
    target: async () => {
      const { id } = await storeReport(world.reporter);
      return { agent: world.reporter.agent, method: "post", path: `/api/reports/${id}/comments` };
    },
  },
];

describe("no input is a fault of ours", () => {
  test.each(CASES)("bodies of $route", async ({ valid, target }) => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(body(valid), async (content) => {
        // No limit may hide what the fuzz is for
        await forgetLimits();
        const { agent, method, path, token = "" } = await target();
        const response = await agent[method](path)
          .set(token ? { Authorization: `Bearer ${token}` } : {})
          .type("json")
          .send(JSON.stringify(content));
        check(response, content);
        statuses.add(response.status);
      }),
      { numRuns: RUNS },
    );
    expect(statuses.size, `one kind of answer to everything: ${[...statuses].join()}`).toBeGreaterThan(1);
  });

  test("paths and queries", async () => {
    const part = fc.oneof(nasty, fc.uuid(), fc.constantFrom("..", "reports", "comments", "%", "%00"));
    const routes = fc.constantFrom(
      "reports",
      "accounts",
      "invitations",
      "session",
      "sessions",
      "invitation",
      "audit",
      "news",
      "responders",
      "status",
      "",
    );
    const query = fc.dictionary(fc.constantFrom("limit", "before", "state", "search", "x", "__proto__", "state[a]"), nasty);
    await fc.assert(
      fc.asyncProperty(routes, fc.array(part, { maxLength: 3 }), query, async (route, parts, asked) => {
        const encode = (text: string) => encodeURIComponent(text.toWellFormed()).slice(0, 2_000);
        const search = Object.entries(asked).map(([name, text]) => `${encode(name)}=${encode(text)}`);
        const path = `/api/${[route, ...parts.map(encode)].join("/")}?${search.join("&")}`;
        check(await world.administrator.agent.get(path), path);
      }),
      { numRuns: 3 * RUNS },
    );
  });

  test("headers", async () => {
    // What a header can hold at all
    const header = fc.string({
      unit: fc.constantFrom(...Array.from({ length: 94 }, (_, code) => String.fromCharCode(33 + code))),
    });
    await fc.assert(
      fc.asyncProperty(header, header, header, async (cookie, token, type) => {
        const headers = {
          Cookie: `conducky.sid=${cookie}; conducky.device=${cookie}`,
          Authorization: `Bearer ${token}`,
          "Content-Type": type,
          "X-Forwarded-For": token,
          "User-Agent": cookie,
        };
        for (const path of ["/api/invitation", "/api/password-reset"]) {
          check(await request(application.app).get(path).set(headers), headers);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
