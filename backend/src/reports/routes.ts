import { Router, type Request } from "express";
import { z } from "zod";
import { person } from "../accounts/person.js";
import { mayActAs, requireAccount, type Member } from "../accounts/sessions.js";
import { audit } from "../audit/audit.js";
import { Prisma, ReportState } from "../generated/prisma/client.js";
import { idOf, text } from "../http/fields.js";
import { pageQuery, selectPage, toPage } from "../http/paging.js";
import { Problem, parseInput } from "../http/problem.js";
import type { Services } from "../services.js";
import { findConflict, noSuchReport, visibleTo } from "./conflicts.js";
import { listReports } from "./list.js";
import { selectUnread } from "./news.js";
import { isDone, NEXT_STATES } from "./states.js";
import { findSubjects } from "./subjects.js";

const state = z.enum(ReportState, `The state is not one of ${Object.keys(ReportState).join(", ")}.`);
const notResponders = "These are not responders.";
const newReport = z.object({
  title: text("The title", 120),
  description: text("The description", 5_000),
  about: z.array(z.uuid(notResponders), notResponders).max(20, "These are too many people.").default([]),
});
const newComment = z.object({ text: text("The comment", 2_000) });
/** `from` is the state that the person saw. */
const move = z.object({ state, from: state.optional() });
const listQuery = pageQuery.extend({
  state: z
    .string()
    .transform((value) => value.split(","))
    .pipe(z.array(state))
    .optional(),
  search: text("The search", 100).optional(),
});

const MOVED = "Somebody else moved this report in the meantime.";

/** A report's history ends with this many entries, but for moves. */
const MOST_EVENTS = 1_000;

const withActor = { actor: { select: person } } satisfies Prisma.EventInclude;
const firstEvents = { limit: 20 };
const whole = {
  reporter: { select: person },
  subjects: { select: { accountId: true, account: { select: person } } },
  timeline: { ...selectPage(firstEvents, {}), include: withActor },
  _count: { select: { timeline: true } },
} satisfies Prisma.ReportInclude;

type Event = Prisma.EventGetPayload<{ include: typeof withActor }>;
type Whole = Prisma.ReportGetPayload<{ include: typeof whole }>;

const showEvent = ({ id, at, actor, kind, fromState, toState, text }: Event) => ({
  id,
  at,
  actor,
  kind,
  ...(kind === "moved" && { from: fromState, to: toState }),
  ...(kind === "commented" && { text }),
});

/** Filing reports, reading them, moving them on and talking about them. */
export function reportRoutes({ prisma, pool, limits }: Services): Router {
  const routes = Router();

  async function findReport(request: Request, account: Member): Promise<Whole> {
    const where = { id: idOf(request.params.id), ...(await visibleTo(prisma, account)) };
    const report = await prisma.report.findFirst({ where, include: whole });
    if (!report) throw noSuchReport();
    return report;
  }

  async function showWhole(report: Whole, account: Member) {
    const { id, title, description, state, createdAt, updatedAt, reporter } = report;
    const [conflict, { rows }] = await Promise.all([
      findConflict(prisma, report, account),
      pool.query<{ unread: boolean }>(selectUnread(account, id)),
    ]);
    const mayMove = mayActAs(account, "responder") && conflict !== "own";
    return {
      ...{ id, title, state, createdAt, updatedAt, reporter, description },
      // Only responders, who would read it otherwise: of other people nobody learns here that they have an account
      about: report.subjects.map(({ account }) => account).filter((who) => mayActAs(who, "responder")),
      conflict,
      unread: rows[0]?.unread ?? false,
      moves: mayMove ? NEXT_STATES[state] : [],
      timeline: toPage(report.timeline, firstEvents, report._count.timeline, showEvent),
    };
  }

  routes.post("/reports", async (request, response) => {
    const account = requireAccount(request);
    await limits.writing.take(account.id);
    const { about: chosen, ...data } = parseInput(newReport, request.body);
    const subjects = await findSubjects(prisma, chosen, `${data.title}\n${data.description}`);
    const created = await prisma.report.create({
      data: {
        ...data,
        reporterId: account.id,
        subjects: { create: subjects.map(({ id }) => ({ accountId: id })) },
        timeline: { create: { kind: "filed", actorId: account.id } },
      },
      include: { timeline: true },
    });
    const reporter = { id: account.id, name: account.name, role: account.role };
    const timeline = created.timeline.map((event) => ({ ...event, actor: reporter }));
    const about = subjects.map((who) => ({ accountId: who.id, account: who }));
    const report = { ...created, reporter, timeline, subjects: about, _count: { timeline: 1 } };
    response.status(201).json(await showWhole(report, account));
  });

  routes.get("/reports", async (request, response) => {
    const account = requireAccount(request);
    const { state: states, search, ...page } = parseInput(listQuery, request.query);
    response.json(await listReports(pool, account, page, { states, search }));
  });

  routes.get("/reports/:id", async (request, response) => {
    const account = requireAccount(request);
    response.json(await showWhole(await findReport(request, account), account));
  });

  routes.get("/reports/:id/events", async (request, response) => {
    const { id, _count } = await findReport(request, requireAccount(request));
    const page = parseInput(pageQuery, request.query);
    const found = await prisma.event.findMany({ ...selectPage(page, { reportId: id }), include: withActor });
    response.json(toPage(found, page, _count.timeline, showEvent));
  });

  routes.patch("/reports/:id", async (request, response) => {
    const account = requireAccount(request);
    const found = await findReport(request, account);
    requireAccount(request, "responder");
    if ((await findConflict(prisma, found, account)) === "own") {
      throw new Problem(403, "You filed this report, or it is about you: another responder handles it.");
    }
    const { id, state: from } = found;
    const { state: to, from: seen } = parseInput(move, request.body);
    if (!NEXT_STATES[from].includes(to)) throw new Problem(409, `A report that is ${from} cannot become ${to}.`);
    // Else somebody who starts to investigate would reopen what others have finished meanwhile
    if (seen === undefined && isDone(from)) {
      throw new Problem(409, `This report is ${from}. To reopen it, reload the page, or send "from": "${from}".`);
    }
    if (seen !== undefined && seen !== from) throw new Problem(409, MOVED);
    await prisma.$transaction(async (tx) => {
      // Only from the state that was read: somebody else may have moved it meanwhile
      const { count } = await tx.report.updateMany({
        where: { id, state: from },
        data: { state: to, updatedAt: new Date() },
      });
      if (count === 0) throw new Problem(409, MOVED);
      await tx.event.create({
        data: { reportId: id, kind: "moved", actorId: account.id, fromState: from, toState: to },
      });
      await audit(tx, request, { action: "report_moved", reportId: id, detail: `${from} → ${to}` });
    });
    const report = await prisma.report.findUniqueOrThrow({ where: { id }, include: whole });
    response.json(await showWhole(report, account));
  });

  routes.post("/reports/:id/comments", async (request, response) => {
    const account = requireAccount(request);
    await limits.writing.take(account.id);
    const { id } = await findReport(request, account);
    const { text } = parseInput(newComment, request.body);
    const event = await prisma.$transaction(async (tx) => {
      // Locks the report, so that nobody else comments between counting and writing
      await tx.report.update({ where: { id }, data: { updatedAt: new Date() } });
      if ((await tx.event.count({ where: { reportId: id } })) >= MOST_EVENTS) {
        throw new Problem(409, `This report has ${MOST_EVENTS} entries and takes no more comments.`);
      }
      return await tx.event.create({
        data: { reportId: id, kind: "commented", actorId: account.id, text },
        include: withActor,
      });
    });
    response.status(201).json(showEvent(event));
  });

  return routes;
}
