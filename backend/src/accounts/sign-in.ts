import { randomUUID } from "node:crypto";
import { Router, type Request, type Response } from "express";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import type { Account } from "../generated/prisma/client.js";
import { networkOf } from "../http/client-address.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { isPassword, refuseWhenBusy } from "./password.js";
import { showAccount } from "./person.js";
import { endAllSessions, endSession, requireAccount, startSession } from "./sessions.js";

// Signing in asks less of its fields than registering: what no account can have is simply wrong
const credentials = z.object({
  email: z.string("The email address is missing.").trim().toLowerCase().max(254, "This is not an email address."),
  password: z.string("The password is missing.").max(128, "The password is longer than 128 characters."),
});

const DEVICE_COOKIE = "conducky.device";
const DEVICE_LIFETIME_MS = 180 * 24 * 60 * 60 * 1000;

/**
 * What wrong passwords are counted by in a browser that has signed in to this account before, else null: so strangers
 * who guess do not lock the owner out (OWASP: "Slow Down Online Guessing Attacks with Device Cookies").
 */
async function findDevice({ tokens }: Services, request: Request, accountId: string): Promise<string | null> {
  const token = new RegExp(`(?:^|; )${DEVICE_COOKIE}=([\\w.-]+)`).exec(request.get("cookie") ?? "")?.[1] ?? "";
  const found = await tokens.verify("device", token);
  return found && found !== "expired" && found.subject.startsWith(`${accountId}/`) ? found.subject : null;
}

async function rememberDevice({ tokens, config }: Services, response: Response, device: string): Promise<void> {
  response.cookie(DEVICE_COOKIE, await tokens.sign("device", device, new Date(Date.now() + DEVICE_LIFETIME_MS)), {
    path: "/api/session",
    httpOnly: true,
    sameSite: "lax",
    secure: config.FRONTEND_BASE_URL.startsWith("https://"),
    maxAge: DEVICE_LIFETIME_MS,
  });
}

/**
 * Checks a password. Wrong ones are limited by `key` and by the client's network. Each is counted before it is checked,
 * or many at once would all pass, and only wrong ones stay counted.
 */
export async function checkPassword(
  { limits, prisma }: Services,
  request: Request,
  { account, password, key }: { account: Account | null; password: string; key: string },
): Promise<boolean> {
  await limits.guessesByAddress.check(networkOf(request));
  await limits.guessesByAccount.take(key);
  let isRight: boolean | undefined;
  try {
    isRight =
      (await isPassword(password, account?.passwordHash)) && account?.disabledAt === null && password.isWellFormed();
  } finally {
    if (isRight !== false) await limits.guessesByAccount.giveBack(key);
  }
  if (!isRight) {
    await audit(prisma, request, { action: "sign_in_failed", accountId: account?.id });
    await limits.guessesByAddress.take(networkOf(request));
  }
  return isRight;
}

/** How often somebody failed to sign in to an account since its owner last did. */
async function countFailures({ prisma }: Services, accountId: string): Promise<number> {
  const last = await prisma.auditEntry.findFirst({
    where: { accountId, action: "signed_in" },
    orderBy: { id: "desc" },
  });
  const since = last ? { gt: last.id } : undefined;
  return await prisma.auditEntry.count({ where: { accountId, action: "sign_in_failed", id: since } });
}

/** Signing in and out, and the sessions of one's own account. */
export function signInRoutes(services: Services): Router {
  const { prisma, limits } = services;
  const routes = Router();

  routes.get("/session", ({ account }, response) => {
    response.json({ account: account ? showAccount(account) : null });
  });

  routes.post("/session", async (request, response) => {
    const { email, password } = parseInput(credentials, request.body);
    refuseWhenBusy();
    // A null character, which Postgres refuses in a query, is in no address
    const account = email.includes("\0") ? null : await prisma.account.findUnique({ where: { email } });
    const device = await findDevice(services, request, account?.id ?? "");
    await limits.signIns.check(email);
    if (!(await checkPassword(services, request, { account, password, key: device ?? email })) || !account) {
      throw new Problem(401, "The email address or the password is wrong.");
    }
    await limits.signIns.take(email);
    const failures = await countFailures(services, account.id);
    await audit(prisma, request, { action: "signed_in", actorId: account.id, accountId: account.id });
    await startSession(prisma, request, account);
    await rememberDevice(services, response, device ?? `${account.id}/${randomUUID()}`);
    response.json({ account: showAccount(account), failures });
  });

  routes.delete("/session", async (request, response) => {
    await endSession(request);
    response.status(204).end();
  });

  routes.get("/sessions", async (request, response) => {
    const { id } = requireAccount(request);
    const items = await prisma.$queryRaw`
      SELECT sess ->> 'since' AS since, sess ->> 'address' AS address, sess ->> 'agent' AS agent,
             sid = ${request.sessionID} AS current
      FROM sessions WHERE sess ->> 'accountId' = ${id} AND expire > now()
      ORDER BY sess ->> 'since' DESC NULLS LAST`;
    response.json({ items });
  });

  routes.delete("/sessions", async (request, response) => {
    const { id } = requireAccount(request);
    await prisma.$transaction(async (tx) => {
      await endAllSessions(tx, id);
      await audit(tx, request, { action: "signed_out_everywhere", accountId: id });
    });
    await endSession(request);
    response.status(204).end();
  });

  return routes;
}
