import { Router, type Request } from "express";
import { z } from "zod";
import { text } from "./fields.js";
import { Prisma, ReportState, type Account, type PrismaClient } from "./generated/prisma/client.js";
import { pageQuery, selectPage, toPage } from "./paging.js";
import { person, showPerson } from "./person.js";
import { Problem, parseInput } from "./problem.js";
import { limitWriting } from "./rate-limit.js";
import { nextStates } from "./report-states.js";
import { mayActAs, requireAccount } from "./sessions.js";

const state = z.enum(ReportState, `The state is not one of ${Object.keys(ReportState).join(", ")}.`);
const newReport = z.object({ title: text("The title", 120), description: text("The description", 5_000) });
const newComment = z.object({ text: text("The comment", 2_000) });
const move = z.object({ state });
const listQuery = pageQuery.extend({
  state: z
    .string()
    .transform((value) => value.split(","))
    .pipe(z.array(state))
    .optional(),
});

const withReporter = { reporter: { select: person } } satisfies Prisma.ReportInclude;
const withActor = { actor: { select: person } } satisfies Prisma.EventInclude;
const whole = {
  ...withReporter,
  timeline: { include: withActor, orderBy: { id: "asc" } },
} satisfies Prisma.ReportInclude;

type Event = Prisma.EventGetPayload<{ include: typeof withActor }>;
type Listed = Prisma.ReportGetPayload<{ include: typeof withReporter }>;
type Whole = Prisma.ReportGetPayload<{ include: typeof whole }>;

const showEvent = ({ id, at, actor, kind, fromState, toState, text }: Event) => ({
  id,
  at,
  actor: showPerson(actor),
  kind,
  ...(kind === "moved" && { from: fromState, to: toState }),
  ...(kind === "commented" && { text }),
});

const showListed = ({ id, title, state, createdAt, updatedAt, reporter }: Listed) => ({
  id,
  title,
  state,
  createdAt,
  updatedAt,
  reporter: showPerson(reporter),
});

const showWhole = (report: Whole, account: Account) => ({
  ...showListed(report),
  description: report.description,
  moves: mayActAs(account, "responder") ? nextStates(report.state) : [],
  timeline: report.timeline.map(showEvent),
});

/** Responders see every report, everybody else their own. */
const visibleTo = (account: Account): Prisma.ReportWhereInput =>
  mayActAs(account, "responder") ? {} : { reporterId: account.id };

/** Filing reports, reading them, moving them on and talking about them. */
export function reportRoutes(prisma: PrismaClient): Router {
  const routes = Router();
  const limit = limitWriting();

  /** One that this account must not see is as good as none. */
  async function findReport(request: Request, account: Account): Promise<Whole> {
    const id = z.uuid().safeParse(request.params.id).data;
    const where = { id: id ?? "", ...visibleTo(account) };
    const report = id === undefined ? null : await prisma.report.findFirst({ where, include: whole });
    if (!report) throw new Problem(404, "There is no such report.");
    return report;
  }

  routes.post("/reports", limit, async (request, response) => {
    const account = await requireAccount(prisma, request);
    const data = parseInput(newReport, request.body);
    const report = await prisma.report.create({
      data: { ...data, reporterId: account.id, timeline: { create: { kind: "filed", actorId: account.id } } },
      include: whole,
    });
    response.status(201).json(showWhole(report, account));
  });

  routes.get("/reports", async (request, response) => {
    const account = await requireAccount(prisma, request);
    const { state, ...page } = parseInput(listQuery, request.query);
    const where = { ...visibleTo(account), ...(state && { state: { in: state } }) };
    const [found, total] = await Promise.all([
      prisma.report.findMany({ ...selectPage(page, where), include: withReporter }),
      prisma.report.count({ where }),
    ]);
    response.json(toPage(found, page, total, showListed));
  });

  routes.get("/reports/:id", async (request, response) => {
    const account = await requireAccount(prisma, request);
    response.json(showWhole(await findReport(request, account), account));
  });

  routes.patch("/reports/:id", async (request, response) => {
    const account = await requireAccount(prisma, request);
    const { id, state: from } = await findReport(request, account);
    if (!mayActAs(account, "responder")) throw new Problem(403, "This takes the role responder.");
    const { state: to } = parseInput(move, request.body);
    if (!nextStates(from).includes(to)) throw new Problem(409, `A report that is ${from} cannot become ${to}.`);
    const report = await prisma.$transaction(async (tx) => {
      // Its state is asked again: somebody else may have moved it meanwhile
      const { count } = await tx.report.updateMany({
        where: { id, state: from },
        data: { state: to, updatedAt: new Date() },
      });
      if (count === 0) throw new Problem(409, "Somebody else has moved this report meanwhile.");
      await tx.event.create({ data: { reportId: id, kind: "moved", actorId: account.id, fromState: from, toState: to } });
      return await tx.report.findUniqueOrThrow({ where: { id }, include: whole });
    });
    response.json(showWhole(report, account));
  });

  routes.post("/reports/:id/comments", limit, async (request, response) => {
    const account = await requireAccount(prisma, request);
    const { id } = await findReport(request, account);
    const { text } = parseInput(newComment, request.body);
    const [event] = await prisma.$transaction([
      prisma.event.create({ data: { reportId: id, kind: "commented", actorId: account.id, text }, include: withActor }),
      prisma.report.update({ where: { id }, data: { updatedAt: new Date() } }),
    ]);
    response.status(201).json(showEvent(event));
  });

  return routes;
}
