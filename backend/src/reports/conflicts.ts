import { mayActAs, type Member } from "../accounts/sessions.js";
import { Prisma, type PrismaClient } from "../generated/prisma/client.js";
import { Problem } from "../http/problem.js";

// A responder neither sees nor handles a report about themselves and does not handle their own, unless nobody else can

/** Whether a responder who is not a party, other than this account, can handle the report `r`. */
const othersHandle = (accountId: string) => Prisma.sql`EXISTS (
  SELECT FROM accounts other
  WHERE other.role <> 'reporter' AND other.disabled_at IS NULL
    AND other.id NOT IN (${accountId}::uuid, r.reporter_id)
    AND NOT EXISTS (SELECT FROM report_subjects s WHERE s.report_id = r.id AND s.account_id = other.id))`;

/** The ids of the reports that are kept from this responder: those about them that others filed and can handle. */
const keptFrom = (accountId: string) => Prisma.sql`
  SELECT r.id FROM reports r JOIN report_subjects about ON about.report_id = r.id
  WHERE about.account_id = ${accountId}::uuid AND r.reporter_id <> ${accountId}::uuid AND ${othersHandle(accountId)}`;

/** The reports `listed` that an account may read: their own; as a responder all but those that are kept from them. */
export const isVisibleTo = (account: Member): Prisma.Sql =>
  mayActAs(account, "responder")
    ? Prisma.sql`listed.id NOT IN (${keptFrom(account.id)})`
    : Prisma.sql`listed.reporter_id = ${account.id}::uuid`;

/** The same for Prisma's queries. */
export async function visibleTo(prisma: PrismaClient, account: Member): Promise<Prisma.ReportWhereInput> {
  if (!mayActAs(account, "responder")) return { reporterId: account.id };
  const kept = await prisma.$queryRaw<{ id: string }[]>(keptFrom(account.id));
  return { NOT: { id: { in: kept.map(({ id }) => id) } } };
}

/** The answer to a report that an account must not read, and to one that does not exist. */
export const noSuchReport = () => new Problem(404, "There is no such report.");

/**
 * Why a responder has to keep out of a report that they may read ("own"), or handles it although it is from or about
 * them ("alone": nobody else can); null otherwise, and for those who are not responders.
 */
export async function findConflict(
  db: Prisma.TransactionClient,
  report: { id: string; reporterId: string; subjects: { accountId: string }[] },
  account: Member,
): Promise<"own" | "alone" | null> {
  const parties = [report.reporterId, ...report.subjects.map(({ accountId }) => accountId)];
  if (!mayActAs(account, "responder") || !parties.includes(account.id)) return null;
  const others = await db.$queryRaw<unknown[]>`
    SELECT r.id FROM reports r WHERE r.id = ${report.id}::uuid AND ${othersHandle(account.id)}`;
  return others.length > 0 ? "own" : "alone";
}
