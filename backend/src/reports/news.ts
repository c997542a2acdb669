import { Router } from "express";
import type { Pool } from "pg";
import { z } from "zod";
import { requireAccount, type Member } from "../accounts/sessions.js";
import { Prisma } from "../generated/prisma/client.js";
import { idOf } from "../http/fields.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { isVisibleTo, noSuchReport, visibleTo } from "./conflicts.js";

/** More is not counted: nobody reads the number then. */
const MOST_COUNTED = 100;

const reading = z.object({ event: z.uuid("This is not an entry of the report.") });

/** Joins what the account has read of the report `listed`, as `seen`. */
export const withSeen = ({ id }: Member): Prisma.Sql =>
  Prisma.sql`LEFT JOIN report_reads seen ON seen.report_id = listed.id AND seen.account_id = ${id}::uuid`;

/**
 * Whether somebody else did something to the report `listed` that the account has not read. `updated_at` may be a moment
 * older than the newest event; it only saves reading the events of reports in which nothing happened.
 */
export function isUnread({ id, newsSince }: Member): Prisma.Sql {
  const read = Prisma.sql`greatest(seen.at, ${newsSince}::timestamptz)`;
  return Prisma.sql`(listed.updated_at > ${read} - interval '1 minute' AND EXISTS (
    SELECT FROM events e WHERE e.report_id = listed.id AND e.at > ${read} AND e.actor_id <> ${id}::uuid))`;
}

/** Asks whether one report has news for an account. */
export function selectUnread(account: Member, id: string) {
  const { text, values } = Prisma.sql`
    SELECT ${isUnread(account)} AS unread FROM reports listed ${withSeen(account)} WHERE listed.id = ${id}::uuid`;
  return { name: "unread", text, values };
}

/** How many reports have news for an account, and a text that is another one whenever one it may read has changed. */
async function countNews(pool: Pool, account: Member): Promise<{ unread: number; version: string }> {
  const { text, values } = Prisma.sql`
    SELECT (SELECT count(*)::int FROM (
              SELECT FROM reports listed ${withSeen(account)}
              WHERE ${isVisibleTo(account)} AND ${isUnread(account)} LIMIT ${MOST_COUNTED}) counted) AS unread,
           (SELECT md5(concat(count(*), ' ', sum(extract(epoch FROM listed.updated_at))))
            FROM reports listed WHERE ${isVisibleTo(account)}) AS version`;
  const name = `news-${account.role === "reporter"}`;
  const { rows } = await pool.query<{ unread: number; version: string }>({ name, text, values });
  return rows[0] ?? { unread: 0, version: "" };
}

/** Asking whether there is news, which open pages do all the time, and noting what was read. */
export function newsRoutes({ prisma, pool }: Services): Router {
  const routes = Router();

  routes.get("/news", async (request, response) => {
    response.json(await countNews(pool, requireAccount(request)));
  });

  routes.put("/reports/:id/read", async (request, response) => {
    const account = requireAccount(request);
    const where = { id: idOf(request.params.id), ...(await visibleTo(prisma, account)) };
    const report = await prisma.report.findFirst({ where, select: { id: true } });
    if (!report) throw noSuchReport();
    const { event } = parseInput(reading, request.body);
    // Never back: two tabs may send what they show in any order
    const count = await prisma.$executeRaw`
      INSERT INTO report_reads (account_id, report_id, at)
      SELECT ${account.id}::uuid, report_id, at FROM events WHERE id = ${event}::uuid AND report_id = ${report.id}::uuid
      ON CONFLICT (account_id, report_id) DO UPDATE SET at = greatest(report_reads.at, excluded.at)`;
    if (count === 0) throw new Problem(404, "The report has no such entry.");
    response.status(204).end();
  });

  return routes;
}
