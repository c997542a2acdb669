import { Router, type Request } from "express";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import type { Prisma } from "../generated/prisma/client.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { byAdministrator } from "./invitations.js";
import { createLink, goneLink, readLink } from "./links.js";
import { hashPassword, newPassword, refuseGuessable } from "./password.js";
import { checkPassword } from "./sign-in.js";
import { endAllSessions, requireAccount, startSession } from "./sessions.js";

const RESET_LIFETIME_MS = 60 * 60 * 1000;

const passwordChange = z.object({
  current: z.string("The current password is missing.").max(128, "This is not your current password."),
  password: newPassword,
});
const reset = z.object({ password: newPassword });

/** Not expired, by a person who still is administrator, for one who may sign in. One that was used does not exist. */
const open = () =>
  ({
    expiresAt: { gt: new Date() },
    createdBy: byAdministrator,
    account: { disabledAt: null },
  }) satisfies Prisma.PasswordResetWhereInput;

/** A link with which the owner of an account sets a new password, once and within an hour; an earlier one ends. */
export async function createReset(
  services: Services,
  request: Request,
  accountId: string,
): Promise<{ url: string; expiresAt: Date }> {
  const { id: createdById } = requireAccount(request, "administrator");
  const expiresAt = new Date(Date.now() + RESET_LIFETIME_MS);
  const { url, tokenHash } = createLink(services, "password");
  await services.prisma.$transaction(async (tx) => {
    await audit(tx, request, { action: "reset_link_created", accountId });
    await tx.passwordReset.deleteMany({ where: { accountId } });
    await tx.passwordReset.create({ data: { accountId, createdById, tokenHash, expiresAt } });
  });
  return { url, expiresAt };
}

/** Changing one's own password, and setting a new one with an administrator's link. Both end every other session. */
export function passwordRoutes(services: Services): Router {
  const { prisma } = services;
  const routes = Router();

  async function setPassword(tx: Prisma.TransactionClient, accountId: string, passwordHash: string) {
    await tx.passwordReset.deleteMany({ where: { accountId } });
    await tx.account.update({ where: { id: accountId }, data: { passwordHash } });
    return await endAllSessions(tx, accountId);
  }

  async function findReset(request: Request) {
    const where = { ...(await readLink(services, "password", request)), ...open() };
    const found = await prisma.passwordReset.findFirst({ where, include: { account: true } });
    if (!found) throw goneLink();
    return found;
  }

  routes.put("/password", async (request, response) => {
    const { id } = requireAccount(request);
    const { current, password } = parseInput(passwordChange, request.body);
    const account = await prisma.account.findUniqueOrThrow({ where: { id } });
    await refuseGuessable(password, account);
    if (!(await checkPassword(services, request, { account, password: current, key: account.email }))) {
      const message = "This is not your current password.";
      throw new Problem(400, message, [{ field: "current", message }]);
    }
    const passwordHash = await hashPassword(password);
    const changed = await prisma.$transaction(async (tx) => {
      await audit(tx, request, { action: "password_changed", accountId: id });
      return await setPassword(tx, id, passwordHash);
    });
    await startSession(prisma, request, changed);
    response.status(204).end();
  });

  routes.get("/password-reset", async (request, response) => {
    const { account, expiresAt } = await findReset(request);
    response.json({ email: account.email, expiresAt });
  });

  routes.post("/password-reset", async (request, response) => {
    const { password } = parseInput(reset, request.body);
    const { id, account } = await findReset(request);
    await refuseGuessable(password, account);
    const passwordHash = await hashPassword(password);
    await prisma.$transaction(async (tx) => {
      const { count } = await tx.passwordReset.deleteMany({ where: { id, ...open() } });
      if (count === 0) throw goneLink();
      await setPassword(tx, account.id, passwordHash);
      await audit(tx, request, { action: "password_reset", accountId: account.id });
    });
    response.status(204).end();
  });

  return routes;
}
