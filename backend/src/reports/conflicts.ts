import { mayActAs, type Member } from "../accounts/sessions.js";
import { Prisma, type PrismaClient } from "../generated/prisma/client.js";

// A responder neither sees nor handles a report about themselves and does not handle their own, unless nobody else can

/** Reports about this account, or all of `only`, that no other responder can handle. */
async function withoutOthers(db: Prisma.TransactionClient, accountId: string, only: Prisma.Sql): Promise<string[]> {
  const found = await db.$queryRaw<{ id: string }[]>`
    SELECT r.id FROM reports r
    WHERE ${only} AND NOT EXISTS (
      SELECT FROM accounts other
      WHERE other.role <> 'reporter' AND other.disabled_at IS NULL
        AND other.id NOT IN (${accountId}::uuid, r.reporter_id)
        AND NOT EXISTS (SELECT FROM report_subjects s WHERE s.report_id = r.id AND s.account_id = other.id))`;
  return found.map(({ id }) => id);
}

/** The reports that an account may read: their own; as a responder also all that are not about them. */
export async function visibleTo(prisma: PrismaClient, account: Member): Promise<Prisma.ReportWhereInput> {
  if (!mayActAs(account, "responder")) return { reporterId: account.id };
  const about = Prisma.sql`r.id IN (SELECT report_id FROM report_subjects WHERE account_id = ${account.id}::uuid)`;
  return {
    OR: [
      { subjects: { none: { accountId: account.id } } },
      { reporterId: account.id },
      { id: { in: await withoutOthers(prisma, account.id, about) } },
    ],
  };
}

interface Parties {
  id: string;
  reporterId: string;
  subjects: { accountId: string }[];
}

/**
 * Why a responder has to keep out of a report that they may read ("own"), or handles it although it is from or about
 * them ("alone": nobody else can); null otherwise, and for those who are not responders.
 */
export async function findConflict(
  db: Prisma.TransactionClient,
  report: Parties,
  account: Member,
): Promise<"own" | "alone" | null> {
  const parties = [report.reporterId, ...report.subjects.map(({ accountId }) => accountId)];
  if (!mayActAs(account, "responder") || !parties.includes(account.id)) return null;
  const alone = await withoutOthers(db, account.id, Prisma.sql`r.id = ${report.id}::uuid`);
  return alone.length > 0 ? "alone" : "own";
}
