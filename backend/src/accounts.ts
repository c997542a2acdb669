import { Router } from "express";
import { z } from "zod";
import { email, newPassword, role, text } from "./fields.js";
import { Prisma, type Account, type PrismaClient } from "./generated/prisma/client.js";
import { acceptInvitation, type createInvitations } from "./invitations.js";
import { pageQuery, selectPage, toPage } from "./paging.js";
import { hashPassword, isPassword } from "./password.js";
import { Problem, parseInput } from "./problem.js";
import { limitRegistration, limitSignIn } from "./rate-limit.js";
import { endSession, findAccount, requireAccount, startSession } from "./sessions.js";

// Any number: whoever decides about administrators holds this lock, so that two do not decide at once
const ADMINISTRATORS_LOCK = 40_001;

const lockAdministrators = (tx: Prisma.TransactionClient) =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(${ADMINISTRATORS_LOCK})`;

const registration = z.object({ name: text("The name", 80), email, password: newPassword });
// Signing in asks less of its fields than registering: what no account can have is simply wrong
const credentials = z.object({
  email: z.string("The email address is missing.").trim().toLowerCase().max(254, "This is not an email address."),
  password: z.string("The password is missing.").max(128, "The password is longer than 128 characters."),
});
const roleChange = z.object({ role });

const show = ({ id, name, email, role, createdAt }: Account) => ({ id, name, email, role, createdAt });

const isTaken = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";

/** Registering, signing in and out, and who may do what. */
export function accountRoutes(prisma: PrismaClient, invitations: ReturnType<typeof createInvitations>): Router {
  const routes = Router();

  routes.get("/session", async (request, response) => {
    const account = await findAccount(prisma, request);
    response.json({ account: account && show(account) });
  });

  routes.post("/session", limitSignIn(), async (request, response) => {
    const { email, password } = parseInput(credentials, request.body);
    // A null character, which Postgres refuses in a query, is in no address
    const account = email.includes("\0") ? null : await prisma.account.findUnique({ where: { email } });
    if (!(await isPassword(password, account?.passwordHash)) || !account) {
      throw new Problem(401, "The email address or the password is wrong.");
    }
    await startSession(request, account);
    response.json({ account: show(account) });
  });

  routes.delete("/session", async (request, response) => {
    await endSession(request);
    response.status(204).end();
  });

  routes.post("/accounts", limitRegistration(), async (request, response) => {
    const { password, ...person } = parseInput(registration, request.body);
    const invitation = await invitations.find(request);
    const passwordHash = await hashPassword(password);
    const account = await prisma
      .$transaction(async (tx) => {
        await lockAdministrators(tx);
        const isFirst = (await tx.account.findFirst({ select: { id: true } })) === null;
        const role = isFirst ? "administrator" : (invitation?.role ?? "reporter");
        const created = await tx.account.create({ data: { ...person, passwordHash, role } });
        if (invitation) await acceptInvitation(tx, invitation, created.id);
        return created;
      })
      .catch((error: unknown) => {
        if (!isTaken(error)) throw error;
        const message = "There is an account with this email address already.";
        throw new Problem(409, message, [{ field: "email", message }]);
      });
    await startSession(request, account);
    response.status(201).json({ account: show(account) });
  });

  routes.get("/accounts", async (request, response) => {
    await requireAccount(prisma, request, "administrator");
    const page = parseInput(pageQuery, request.query);
    const [found, total] = await Promise.all([prisma.account.findMany(selectPage(page, {})), prisma.account.count()]);
    response.json(toPage(found, page, total, show));
  });

  routes.patch("/accounts/:id", async (request, response) => {
    await requireAccount(prisma, request, "administrator");
    const { role } = parseInput(roleChange, request.body);
    const id = z.uuid().safeParse(request.params.id).data;
    const account = await prisma.$transaction(async (tx) => {
      await lockAdministrators(tx);
      const found = id === undefined ? null : await tx.account.findUnique({ where: { id } });
      if (!found) throw new Problem(404, "There is no such account.");
      const others = { role: "administrator", id: { not: found.id } } as const;
      if (role !== "administrator" && (await tx.account.findFirst({ where: others })) === null) {
        throw new Problem(409, "Somebody has to be administrator: make another one first.");
      }
      return await tx.account.update({ where: { id: found.id }, data: { role } });
    });
    response.json({ account: show(account) });
  });

  return routes;
}
