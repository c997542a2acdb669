import type { Pool } from "pg";
import type { Member } from "../accounts/sessions.js";
import { Prisma, type ReportState } from "../generated/prisma/client.js";
import { toPage, type Page } from "../http/paging.js";
import { isVisibleTo } from "./conflicts.js";

/** As JSON.stringify writes a Date. */
const time = (column: string) =>
  Prisma.raw(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

/** A page of the reports that an account may read, in one round trip: it is what people ask for most. */
export async function listReports(pool: Pool, account: Member, page: Page, states?: ReportState[]) {
  const where = [isVisibleTo(account)];
  if (states) where.push(Prisma.sql`listed.state = ANY(${states}::report_state[])`);
  const older = page.before === undefined ? [] : [Prisma.sql`listed.id < ${page.before}::uuid`];
  const { text, values } = Prisma.sql`
    SELECT (SELECT count(*)::int FROM reports listed WHERE ${Prisma.join(where, " AND ")}) AS total,
           coalesce(json_agg(shown), '[]') AS items
    FROM (
      SELECT r.id, r.title, r.state, ${time("r.created_at")} AS "createdAt", ${time("r.updated_at")} AS "updatedAt",
             json_build_object('id', a.id, 'name', a.name, 'role', a.role) AS reporter
      FROM (SELECT * FROM reports listed WHERE ${Prisma.join([...where, ...older], " AND ")}
            ORDER BY listed.id DESC LIMIT ${page.limit + 1}) r
      JOIN accounts a ON a.id = r.reporter_id ORDER BY r.id DESC
    ) shown`;
  const name = `reports-${account.role === "reporter"}-${states !== undefined}-${older.length}`;
  const { rows } = await pool.query<{ total: number; items: { id: string }[] }>({ name, text, values });
  return toPage(rows[0]?.items ?? [], page, rows[0]?.total ?? 0, (report) => report);
}
