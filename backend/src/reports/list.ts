import type { Pool } from "pg";
import type { Member } from "../accounts/sessions.js";
import { Prisma, type ReportState } from "../generated/prisma/client.js";
import { toPage, type Page } from "../http/paging.js";
import { isVisibleTo } from "./conflicts.js";
import { isUnread, withSeen } from "./news.js";

/** As JSON.stringify writes a Date. */
const time = (column: string) =>
  Prisma.raw(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

/** Every word a query of Postgres's text search: the beginning of a word in the text, whatever characters it has. */
const beginnings = (search: string): string =>
  search
    .split(/\s+/)
    .map((word) => `'${word.replace(/['\\]/g, "$&$&")}':*`)
    .join(" & ");

/** The reports with every word of a search, from the index reports_words_idx. */
export const withWords = (search: string): Prisma.Sql => Prisma.sql`
  SELECT found.id FROM reports found
  WHERE to_tsvector('simple', found.title || ' ' || found.description) @@ to_tsquery('simple', ${beginnings(search)})`;

interface Wanted {
  states?: ReportState[];
  search?: string;
}

/** A page of the reports that an account may read, in one round trip: it is what people ask for most. */
export async function listReports(pool: Pool, account: Member, page: Page, { states, search }: Wanted) {
  const where = [isVisibleTo(account)];
  if (states) where.push(Prisma.sql`listed.state = ANY(${states}::report_state[])`);
  if (search) where.push(Prisma.sql`listed.id IN (${withWords(search)})`);
  const older = page.before === undefined ? [] : [Prisma.sql`listed.id < ${page.before}::uuid`];
  const { text, values } = Prisma.sql`
    SELECT (SELECT count(*)::int FROM reports listed WHERE ${Prisma.join(where, " AND ")}) AS total,
           coalesce(json_agg(shown), '[]') AS items
    FROM (
      SELECT listed.id, listed.title, listed.state, ${time("listed.created_at")} AS "createdAt",
             ${time("listed.updated_at")} AS "updatedAt", ${isUnread(account)} AS unread,
             json_build_object('id', a.id, 'name', a.name, 'role', a.role) AS reporter
      FROM (SELECT * FROM reports listed WHERE ${Prisma.join([...where, ...older], " AND ")}
            ORDER BY listed.id DESC LIMIT ${page.limit + 1}) listed
      JOIN accounts a ON a.id = listed.reporter_id ${withSeen(account)} ORDER BY listed.id DESC
    ) shown`;
  const name = `reports-${account.role === "reporter"}-${states !== undefined}-${search !== undefined}-${older.length}`;
  const { rows } = await pool.query<{ total: number; items: { id: string }[] }>({ name, text, values });
  return toPage(rows[0]?.items ?? [], page, rows[0]?.total ?? 0, (report) => report);
}
