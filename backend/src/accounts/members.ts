import { Router } from "express";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import { idOf, role } from "../http/fields.js";
import { pageQuery, selectPage, toPage } from "../http/paging.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { lockAdministrators, refuseLastAdministrator } from "./administrators.js";
import { createReset } from "./password-routes.js";
import { person, showAccount } from "./person.js";
import { endAllSessions, requireAccount } from "./sessions.js";

const change = z
  .object({ role: role.optional(), disabled: z.boolean("Disabled is not true or false.").optional() })
  .refine(({ role, disabled }) => role !== undefined || disabled !== undefined, {
    path: ["role"],
    error: "Neither a role nor disabled is given.",
  });

const MOST_RESPONDERS = 100;

/** What administrators do with accounts, and who handles reports. */
export function memberRoutes(services: Services): Router {
  const { prisma } = services;
  const routes = Router();

  routes.get("/responders", async (request, response) => {
    requireAccount(request);
    const found = await prisma.account.findMany({
      where: { role: { not: "reporter" }, disabledAt: null },
      select: person,
      orderBy: { name: "asc" },
      take: MOST_RESPONDERS,
    });
    response.json({ items: found });
  });

  routes.get("/accounts", async (request, response) => {
    requireAccount(request, "administrator");
    const page = parseInput(pageQuery, request.query);
    const [found, total] = await Promise.all([prisma.account.findMany(selectPage(page, {})), prisma.account.count()]);
    response.json(toPage(found, page, total, showAccount));
  });

  // Takes effect at once, also for people who are signed in: every request reads its account
  routes.patch("/accounts/:id", async (request, response) => {
    requireAccount(request, "administrator");
    const { role, disabled } = parseInput(change, request.body);
    const id = idOf(request.params.id);
    const account = await prisma.$transaction(async (tx) => {
      await lockAdministrators(tx);
      const before = await tx.account.findUnique({ where: { id } });
      if (!before) throw new Problem(404, "There is no such account.");
      const after = { ...before, role: role ?? before.role };
      if (disabled !== undefined) after.disabledAt = disabled ? (before.disabledAt ?? new Date()) : null;
      if (after.role !== "administrator" || after.disabledAt) {
        await refuseLastAdministrator(tx, before);
        await tx.invitation.deleteMany({ where: { createdById: id, acceptedAt: null } });
        await tx.passwordReset.deleteMany({ where: { createdById: id } });
      }
      if (after.role !== before.role) {
        await audit(tx, request, { action: "role_changed", accountId: id, detail: `${before.role} → ${after.role}` });
      }
      if ((after.disabledAt === null) !== (before.disabledAt === null)) {
        await audit(tx, request, { action: after.disabledAt ? "account_disabled" : "account_enabled", accountId: id });
        if (after.disabledAt) await endAllSessions(tx, id);
      }
      return await tx.account.update({ where: { id }, data: { role: after.role, disabledAt: after.disabledAt } });
    });
    response.json({ account: showAccount(account) });
  });

  routes.post("/accounts/:id/password-reset", async (request, response) => {
    const administrator = requireAccount(request, "administrator");
    const account = await prisma.account.findUnique({ where: { id: idOf(request.params.id) } });
    if (!account) throw new Problem(404, "There is no such account.");
    if (account.id === administrator.id) throw new Problem(409, "Change your own password on the page Your account.");
    if (account.disabledAt) throw new Problem(409, "This account is disabled: enable it first.");
    response.status(201).json(await createReset(services, request, account.id));
  });

  return routes;
}
