import { Prisma, type Account } from "../generated/prisma/client.js";
import { Problem } from "../http/problem.js";

// Any number: the transactions that decide about administrators hold this lock, so that two do not decide at once
const LOCK = 40_001;

export async function lockAdministrators(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK})`;
}

/** Throws a 409 for the only administrator who can sign in. Needs the lock. */
export async function refuseLastAdministrator(
  tx: Prisma.TransactionClient,
  { id, role, disabledAt }: Account,
): Promise<void> {
  if (role !== "administrator" || disabledAt !== null) return;
  const other = await tx.account.findFirst({
    where: { role, disabledAt: null, id: { not: id } },
    select: { id: true },
  });
  if (!other) throw new Problem(409, "There must be at least one administrator: promote someone else first.");
}
