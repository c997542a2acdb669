import { Router, type Request } from "express";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import { Prisma, type Invitation } from "../generated/prisma/client.js";
import { addressee, idOf, role } from "../http/fields.js";
import { pageQuery, selectPage, toPage } from "../http/paging.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { lockAdministrators } from "./administrators.js";
import { createLink, goneLink, readLink } from "./links.js";
import { person, showAccount } from "./person.js";
import { mayActAs, requireAccount } from "./sessions.js";

const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

const newInvitation = z.object({ role, addressee: addressee.optional() });

const withCreator = { createdBy: { select: person } } satisfies Prisma.InvitationInclude;

/** Of somebody who may create links now: links end with their creator's rights. */
export const byAdministrator = { role: "administrator", disabledAt: null } satisfies Prisma.AccountWhereInput;

/** Neither used nor expired; one that was revoked is not there any more. */
const open = () =>
  ({
    acceptedAt: null,
    expiresAt: { gt: new Date() },
    OR: [{ createdById: null }, { createdBy: byAdministrator }],
  }) satisfies Prisma.InvitationWhereInput;

type Shown = Prisma.InvitationGetPayload<{ include: typeof withCreator }>;

const show = ({ id, role, addressee, createdAt, expiresAt, createdBy }: Shown) => ({
  id,
  role,
  addressee,
  createdAt,
  expiresAt,
  createdBy,
});

/** The invitation that a request carries, null when it carries none. Throws a 401 or a 410 for one that is not open. */
export async function findInvitation(services: Services, request: Request): Promise<Invitation | null> {
  if (request.get("authorization") === undefined) return null;
  const where = { ...(await readLink(services, "invitation", request)), ...open() };
  const invitation = await services.prisma.invitation.findFirst({ where });
  if (!invitation) throw goneLink();
  return invitation;
}

/** Marks an invitation as used by an account. Throws a 410 when somebody else was quicker. */
export async function acceptInvitation(
  tx: Prisma.TransactionClient,
  { id }: Invitation,
  accountId: string,
): Promise<void> {
  const { count } = await tx.invitation.updateMany({
    where: { id, ...open() },
    data: { acceptedAt: new Date(), acceptedById: accountId },
  });
  if (count === 0) throw goneLink();
}

/** Inviting people, and reading the invitation that one received. */
export function invitationRoutes(services: Services): Router {
  const { prisma } = services;
  const routes = Router();

  async function requireInvitation(request: Request): Promise<Invitation> {
    const invitation = await findInvitation(services, request);
    if (!invitation) throw new Problem(401, "An invitation is sent as a bearer token.");
    return invitation;
  }

  routes.get("/invitation", async (request, response) => {
    const { role, addressee, expiresAt } = await requireInvitation(request);
    response.json({ role, addressee, expiresAt });
  });

  // For somebody who has an account: it gets the invitation's role, where that may do more
  routes.post("/invitation/accept", async (request, response) => {
    const { id } = requireAccount(request);
    const invitation = await requireInvitation(request);
    const { role } = invitation;
    const account = await prisma.$transaction(async (tx) => {
      await lockAdministrators(tx);
      const before = await tx.account.findFirst({ where: { id, disabledAt: null } });
      if (!before) throw new Problem(401, "Please sign in.");
      if (mayActAs(before, role)) {
        throw new Problem(409, `Your account is ${before.role} already: this invitation (${role}) gives it nothing more.`);
      }
      await acceptInvitation(tx, invitation, id);
      const detail = `${before.role} → ${role}, by invitation`;
      await audit(tx, request, { action: "role_changed", accountId: id, detail });
      return await tx.account.update({ where: { id }, data: { role } });
    });
    response.json({ account: showAccount(account) });
  });

  routes.get("/invitations", async (request, response) => {
    requireAccount(request, "administrator");
    const page = parseInput(pageQuery, request.query);
    const where = open();
    const [found, total] = await Promise.all([
      prisma.invitation.findMany({ ...selectPage(page, where), include: withCreator }),
      prisma.invitation.count({ where }),
    ]);
    response.json(toPage(found, page, total, show));
  });

  routes.post("/invitations", async (request, response) => {
    const { id: createdById } = requireAccount(request, "administrator");
    const data = parseInput(newInvitation, request.body);
    const { url, tokenHash } = createLink(services, "invitation");
    const expiresAt = new Date(Date.now() + LIFETIME_MS);
    const invitation = await prisma.$transaction(async (tx) => {
      await audit(tx, request, { action: "invitation_created", detail: data.role });
      return await tx.invitation.create({
        data: { ...data, createdById, tokenHash, expiresAt },
        include: withCreator,
      });
    });
    response.status(201).json({ ...show(invitation), url });
  });

  routes.delete("/invitations/:id", async (request, response) => {
    requireAccount(request, "administrator");
    const where = { id: idOf(request.params.id), ...open() };
    await prisma.$transaction(async (tx) => {
      const invitation = await tx.invitation.findFirst({ where });
      // It may be used in this very moment
      const { count } = await tx.invitation.deleteMany({ where });
      if (!invitation || count === 0) throw new Problem(404, "There is no such open invitation.");
      await audit(tx, request, { action: "invitation_revoked", detail: invitation.role });
    });
    response.status(204).end();
  });

  return routes;
}
