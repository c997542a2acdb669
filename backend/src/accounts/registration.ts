import { Router } from "express";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import { networkOf } from "../http/client-address.js";
import { Prisma } from "../generated/prisma/client.js";
import { email, personName } from "../http/fields.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { acceptInvitation, findInvitation } from "./invitations.js";
import { hashPassword, newPassword, refuseGuessable, refuseWhenBusy } from "./password.js";
import { showAccount } from "./person.js";
import { startSession } from "./sessions.js";

const registration = z.object({ name: personName, email, password: newPassword });

// What an address that is taken counts as, in registrations
const COST_OF_TAKEN = 6;

const isTaken = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";

/**
 * Creating an account: a reporter's, or of the role of an invitation.
 *
 * Without mail, a person has to learn here that their address has an account, so anybody can ask whether one has: at
 * most ten times an hour from one network.
 */
export function registrationRoutes(services: Services): Router {
  const { prisma, limits } = services;
  const routes = Router();

  routes.post("/accounts", async (request, response) => {
    const { password, ...person } = parseInput(registration, request.body);
    refuseWhenBusy();
    const invitation = await findInvitation(services, request);
    await limits.registrations.check(networkOf(request));
    await refuseGuessable(password, person);
    const passwordHash = await hashPassword(password);
    const account = await prisma
      .$transaction(async (tx) => {
        const role = invitation?.role ?? "reporter";
        const created = await tx.account.create({ data: { ...person, passwordHash, role } });
        if (invitation) await acceptInvitation(tx, invitation, created.id);
        await audit(tx, request, {
          action: "account_created",
          actorId: created.id,
          accountId: created.id,
          detail: role,
        });
        return created;
      })
      .catch(async (error: unknown) => {
        if (!isTaken(error)) throw error;
        await limits.registrations.take(networkOf(request), COST_OF_TAKEN);
        const message = "This email address cannot be used. If you have an account with it, sign in.";
        throw new Problem(409, message, [{ field: "email", message }]);
      });
    await limits.registrations.take(networkOf(request));
    await startSession(prisma, request, account);
    response.status(201).json({ account: showAccount(account) });
  });

  return routes;
}
