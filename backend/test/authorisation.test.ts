import type { Router } from "express";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  PASSWORD,
  createReset,
  forgetLimits,
  incident,
  invite,
  makeWorld,
  enter,
  sql,
  storeReport,
  testApp,
  tokenOf,
  type Agent,
  type InvitationBody,
  type Member,
  type World,
} from "./support.js";

const application = testApp();
let world: World;
let second: Member;
beforeAll(async () => {
  world = await makeWorld(application);
  second = await enter(application, "Second", "administrator");
});
afterAll(application.close);

/** What the calls below act on: all of it new for each call. */
interface Things {
  report: { id: string; event: string };
  invitation: InvitationBody;
  somebody: Member;
  /** Of a link for somebody's new password. */
  resetToken: string;
}

const CALLERS = ["nobody", "stranger", "reporter", "responder", "administrator"] as const;

interface Rule {
  call: (agent: Agent, things: Things) => request.Test;
  /** The status for each caller, in the order of CALLERS; the report is the reporter's. */
  answers: [number, number, number, number, number];
}

const everybody = (status: number): Rule["answers"] => [status, status, status, status, status];
const signedInOnly = (status: number): Rule["answers"] => [401, status, status, status, status];
const administratorsOnly = (status: number): Rule["answers"] => [401, 403, 403, 403, status];

const RULES: Record<string, Rule> = {
  "GET /health": { call: (agent) => agent.get("/health"), answers: everybody(200) },
  "GET /ready": { call: (agent) => agent.get("/ready"), answers: everybody(200) },
  "GET /status": { call: (agent) => agent.get("/api/status"), answers: everybody(200) },
  "GET /session": { call: (agent) => agent.get("/api/session"), answers: everybody(200) },
  "POST /session": {
    call: (agent, { somebody }) =>
      agent.post("/api/session").send({ email: somebody.account.email, password: PASSWORD }),
    answers: everybody(200),
  },
  "GET /sessions": { call: (agent) => agent.get("/api/sessions"), answers: signedInOnly(200) },
  "DELETE /sessions": { call: (agent) => agent.delete("/api/sessions"), answers: signedInOnly(204) },
  "PUT /password": {
    call: (agent) => agent.put("/api/password").send({ current: PASSWORD, password: PASSWORD }),
    answers: signedInOnly(204),
  },
  "GET /password-reset": {
    call: (agent, { resetToken }) => agent.get("/api/password-reset").set("Authorization", `Bearer ${resetToken}`),
    answers: everybody(200),
  },
  "POST /password-reset": {
    call: (agent, { resetToken }) =>
      agent.post("/api/password-reset").set("Authorization", `Bearer ${resetToken}`).send({ password: PASSWORD }),
    answers: everybody(204),
  },
  "GET /responders": { call: (agent) => agent.get("/api/responders"), answers: signedInOnly(200) },
  "GET /audit": { call: (agent) => agent.get("/api/audit"), answers: administratorsOnly(200) },
  "POST /accounts/:id/password-reset": {
    call: (agent, { somebody }) => agent.post(`/api/accounts/${somebody.account.id}/password-reset`),
    answers: administratorsOnly(201),
  },
  "GET /reports/:id/events": {
    call: (agent, { report }) => agent.get(`/api/reports/${report.id}/events`),
    answers: [401, 404, 200, 200, 200],
  },
  "DELETE /session": { call: (agent) => agent.delete("/api/session"), answers: everybody(204) },
  "POST /accounts": {
    call: (agent) =>
      agent
        .post("/api/accounts")
        .send({ name: "New", email: `${Math.random()}@example.org`.slice(2), password: PASSWORD }),
    answers: everybody(201),
  },
  "GET /accounts": { call: (agent) => agent.get("/api/accounts"), answers: administratorsOnly(200) },
  "PATCH /accounts/:id": {
    call: (agent, { somebody }) => agent.patch(`/api/accounts/${somebody.account.id}`).send({ role: "responder" }),
    answers: administratorsOnly(200),
  },
  "GET /invitation": {
    call: (agent, { invitation }) => agent.get("/api/invitation").set("Authorization", `Bearer ${tokenOf(invitation)}`),
    answers: everybody(200),
  },
  // The invitation is for the role responder
  "POST /invitation/accept": {
    call: (agent, { invitation }) =>
      agent.post("/api/invitation/accept").set("Authorization", `Bearer ${tokenOf(invitation)}`),
    answers: [401, 200, 200, 409, 409],
  },
  "GET /invitations": { call: (agent) => agent.get("/api/invitations"), answers: administratorsOnly(200) },
  "POST /invitations": {
    call: (agent) => agent.post("/api/invitations").send({ role: "responder" }),
    answers: administratorsOnly(201),
  },
  "DELETE /invitations/:id": {
    call: (agent, { invitation }) => agent.delete(`/api/invitations/${invitation.id}`),
    answers: administratorsOnly(204),
  },
  "GET /news": { call: (agent) => agent.get("/api/news"), answers: signedInOnly(200) },
  "PUT /reports/:id/read": {
    call: (agent, { report }) => agent.put(`/api/reports/${report.id}/read`).send({ event: report.event }),
    answers: [401, 404, 204, 204, 204],
  },
  "POST /reports": { call: (agent) => agent.post("/api/reports").send(incident), answers: [401, 201, 201, 201, 201] },
  "GET /reports": { call: (agent) => agent.get("/api/reports"), answers: [401, 200, 200, 200, 200] },
  "GET /reports/:id": {
    call: (agent, { report }) => agent.get(`/api/reports/${report.id}`),
    answers: [401, 404, 200, 200, 200],
  },
  "PATCH /reports/:id": {
    call: (agent, { report }) => agent.patch(`/api/reports/${report.id}`).send({ state: "acknowledged" }),
    answers: [401, 404, 403, 200, 200],
  },
  "POST /reports/:id/comments": {
    call: (agent, { report }) => agent.post(`/api/reports/${report.id}/comments`).send({ text: "Noted." }),
    answers: [401, 404, 201, 201, 201],
  },
};

const forgetRole = ({ account: { id, role } }: Member) =>
  sql(`UPDATE accounts SET role = '${role}' WHERE id = '${id}'`);

/** Every route that the application has, those of mounted routers without where they are mounted. */
function routesOf(router: Router): string[] {
  return router.stack.flatMap(({ route, handle }) => {
    if (route) return route.stack.map(({ method }) => `${method.toUpperCase()} ${route.path}`);
    return "stack" in handle ? routesOf(handle as unknown as Router) : [];
  });
}

test("every route has its rule", () => {
  const found = routesOf(application.app.router);
  expect([...new Set(found)].sort()).toEqual(Object.keys(RULES).sort());
});

const CASES = Object.entries(RULES).flatMap(([route, { call, answers }]) =>
  CALLERS.map((caller, index) => ({ route, caller, call, status: answers[index] })),
);

describe("every role on every route", () => {
  test.each(CASES)("$route by $caller is $status", async ({ caller, call, status }) => {
    await forgetLimits();
    // Signed in for this call only: some of the calls change or end the session
    const agent = request.agent(application.app);
    if (caller !== "nobody") {
      const { email } = world[caller].account;
      await agent.post("/api/session").send({ email, password: PASSWORD }).expect(200);
    }
    const somebody = await enter(application, "Somebody");
    // Accepting an invitation changes them
    for (const role of ["stranger", "reporter"] as const) await forgetRole(world[role]);
    const things = {
      report: await storeReport(world.reporter),
      invitation: await invite(second, "responder"),
      somebody,
      resetToken: tokenOf(await createReset(second, somebody)),
    };
    const answer = await call(agent, things);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    if (answer.status >= 400) {
      expect(answer.headers["content-type"]).toContain("application/problem+json");
      expect(JSON.stringify(answer.body)).not.toContain(incident.description);
    }
  });
});
