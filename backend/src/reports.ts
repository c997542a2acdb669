import { randomUUID } from "node:crypto";
import { Router } from "express";
import { rateLimit } from "express-rate-limit";
import { z } from "zod";
import type { Config } from "./config.js";
import { createFollowUpTokens } from "./follow-up.js";
import type { PrismaClient, Report } from "./generated/prisma/client.js";
import { Problem, parseBody, sendProblem } from "./problem.js";

declare module "express-session" {
  interface SessionData {
    reporterId: string;
  }
}

const FILED_PER_MINUTE = 30;
const LISTED = 100;

// Postgres cannot store the null character in text
const text = (name: string, limit: number) =>
  z
    .string({ error: `${name} is missing.` })
    .trim()
    .min(1, `${name} is missing.`)
    .max(limit, `${name} is longer than ${limit} characters.`)
    .refine((value) => !value.includes("\0"), `${name} contains a character that cannot be stored.`);

const newReport = z.object({ title: text("The title", 120), description: text("The description", 5_000) });

/** Filing reports without an account, and reading back one's own. */
export function reportRoutes(prisma: PrismaClient, config: Config): Router {
  const tokens = createFollowUpTokens(config.JWT_SECRET);

  async function present({ id, title, description, state, createdAt }: Report) {
    const token = await tokens.sign(id, createdAt);
    const followUpUrl = `${config.FRONTEND_BASE_URL}/follow-up?token=${token}`;
    return { id, title, description, state, createdAt, followUpUrl };
  }

  // Counted in each task's memory: with several tasks the limit is that many times as high
  const limit = rateLimit({
    windowMs: 60_000,
    limit: FILED_PER_MINUTE,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    handler: (_request, response) => {
      sendProblem(response, new Problem(429, "Too many reports in a short time. Please try again in a minute."));
    },
  });

  const routes = Router();

  routes.post("/reports", limit, async (request, response) => {
    const { title, description } = parseBody(newReport, request.body);
    const reporterId = (request.session.reporterId ??= randomUUID());
    const report = await prisma.report.create({ data: { title, description, reporterId } });
    response.status(201).json(await present(report));
  });

  routes.get("/reports", async (request, response) => {
    const { reporterId } = request.session;
    const filed = reporterId
      ? await prisma.report.findMany({ where: { reporterId }, orderBy: { createdAt: "desc" }, take: LISTED })
      : [];
    response.json(await Promise.all(filed.map(present)));
  });

  routes.get("/follow-up", async (request, response) => {
    const token = /^Bearer (\S+)$/i.exec(request.get("authorization") ?? "")?.[1];
    const id = token === undefined ? null : await tokens.verify(token);
    const report = id === null ? null : await prisma.report.findUnique({ where: { id } });
    if (!report) {
      response.set("WWW-Authenticate", "Bearer");
      throw new Problem(401, "This follow-up link is not valid, or it has expired.");
    }
    response.json(await present(report));
  });

  return routes;
}
