import { Router } from "express";
import { person } from "../accounts/person.js";
import { requireAccount } from "../accounts/sessions.js";
import { Prisma } from "../generated/prisma/client.js";
import { pageQuery, selectPage, toPage } from "../http/paging.js";
import { parseInput } from "../http/problem.js";
import { visibleTo } from "../reports/conflicts.js";
import type { Services } from "../services.js";

const withPeople = { actor: { select: person }, account: { select: person } } satisfies Prisma.AuditEntryInclude;
type Entry = Prisma.AuditEntryGetPayload<{ include: typeof withPeople }>;

const show = ({ id, at, action, actor, account, reportId, detail, address }: Entry) => ({
  id,
  at,
  action,
  actor,
  account,
  reportId,
  detail,
  address,
});

/** The audit log, for administrators; without reports that are about the reader. */
export function auditRoutes({ prisma }: Services): Router {
  const routes = Router();

  routes.get("/audit", async (request, response) => {
    const account = requireAccount(request, "administrator");
    const page = parseInput(pageQuery, request.query);
    const where = { OR: [{ reportId: null }, { report: await visibleTo(prisma, account) }] };
    const [found, total] = await Promise.all([
      prisma.auditEntry.findMany({ ...selectPage(page, where), include: withPeople }),
      prisma.auditEntry.count({ where }),
    ]);
    response.json(toPage(found, page, total, show));
  });

  return routes;
}
