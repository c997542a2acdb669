import { Router, type Request } from "express";
import { z } from "zod";
import type { Config } from "./config.js";
import { role } from "./fields.js";
import { Prisma, type Invitation, type PrismaClient } from "./generated/prisma/client.js";
import { createInvitationTokens, goneInvitation } from "./invitation-token.js";
import { pageQuery, selectPage, toPage } from "./paging.js";
import { person, showPerson } from "./person.js";
import { Problem, parseInput } from "./problem.js";
import { requireAccount } from "./sessions.js";

const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

const newInvitation = z.object({ role });

const withMaker = { createdBy: { select: person } } satisfies Prisma.InvitationInclude;

/** Not used, not expired; one that was taken back is not there any more. */
const open = () => ({ acceptedAt: null, expiresAt: { gt: new Date() } }) satisfies Prisma.InvitationWhereInput;

const show = ({ id, role, createdAt, expiresAt, createdBy }: Prisma.InvitationGetPayload<{ include: typeof withMaker }>) => ({
  id,
  role,
  createdAt,
  expiresAt,
  createdBy: showPerson(createdBy),
});

/** Finds the invitation that a request carries as its bearer token. */
export function createInvitations(prisma: PrismaClient, config: Config) {
  const tokens = createInvitationTokens(config.JWT_SECRET);
  return {
    /** Where whoever holds this link becomes a member. Behind the `#`, a token is sent to no server and stands in no log. */
    link: async (invitation: Invitation) => `${config.FRONTEND_BASE_URL}/join#${await tokens.sign(invitation)}`,

    /** Null when the request carries none. Throws a 401 when it is not genuine and a 410 when it is open no more. */
    async find(request: Request): Promise<Invitation | null> {
      const header = request.get("authorization");
      if (header === undefined) return null;
      const id = await tokens.verify(/^Bearer (\S+)$/i.exec(header)?.[1] ?? "");
      const invitation = await prisma.invitation.findFirst({ where: { id, ...open() } });
      if (!invitation) throw goneInvitation();
      return invitation;
    },
  };
}

/** Marks an invitation as used by an account. Throws a 410 when another was quicker. */
export async function acceptInvitation(tx: Prisma.TransactionClient, { id }: Invitation, accountId: string): Promise<void> {
  const { count } = await tx.invitation.updateMany({
    where: { id, ...open() },
    data: { acceptedAt: new Date(), acceptedById: accountId },
  });
  if (count === 0) throw goneInvitation();
}

/** Inviting people, and looking at the invitation one was given. */
export function invitationRoutes(prisma: PrismaClient, invitations: ReturnType<typeof createInvitations>): Router {
  const routes = Router();

  routes.get("/invitation", async (request, response) => {
    const invitation = await invitations.find(request);
    if (!invitation) throw new Problem(401, "An invitation is sent as a bearer token.");
    response.json({ role: invitation.role, expiresAt: invitation.expiresAt });
  });

  routes.get("/invitations", async (request, response) => {
    await requireAccount(prisma, request, "administrator");
    const page = parseInput(pageQuery, request.query);
    const where = open();
    const [found, total] = await Promise.all([
      prisma.invitation.findMany({ ...selectPage(page, where), include: withMaker }),
      prisma.invitation.count({ where }),
    ]);
    response.json(toPage(found, page, total, show));
  });

  routes.post("/invitations", async (request, response) => {
    const account = await requireAccount(prisma, request, "administrator");
    const data = parseInput(newInvitation, request.body);
    const expiresAt = new Date(Date.now() + LIFETIME_MS);
    const invitation = await prisma.invitation.create({
      data: { ...data, createdById: account.id, expiresAt },
      include: withMaker,
    });
    response.status(201).json({ ...show(invitation), url: await invitations.link(invitation) });
  });

  routes.delete("/invitations/:id", async (request, response) => {
    await requireAccount(prisma, request, "administrator");
    const id = z.uuid().safeParse(request.params.id).data;
    const { count } = id === undefined ? { count: 0 } : await prisma.invitation.deleteMany({ where: { id, ...open() } });
    if (count === 0) throw new Problem(404, "There is no such open invitation.");
    response.status(204).end();
  });

  return routes;
}
