import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import { z } from "zod";
import { isUnreachable } from "../database.js";
import { describeError } from "./log.js";

export interface FieldError {
  field: string;
  message: string;
}

/** A refusal, as RFC 9457 describes it. `retryAfter` is in seconds. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail?: string,
    readonly errors?: FieldError[],
    readonly retryAfter?: number,
  ) {
    super(detail ?? STATUS_CODES[status]);
  }
}

/** Every error has this form. `requestId` finds the request in the log. */
export const describeProblem = ({ status, detail, errors }: Problem, requestId?: string): string =>
  JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, detail, errors, requestId });

function sendProblem(response: Response, problem: Problem): void {
  const body = describeProblem(problem, response.get("X-Request-Id"));
  if (problem.retryAfter !== undefined) response.set("Retry-After", String(problem.retryAfter));
  response.status(problem.status).type("application/problem+json").send(body);
}

/** A body or query that fits the schema; else a 400 that names the first fault of each field. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  // A list, or nothing, has none of the fields
  const result = schema.safeParse(Array.isArray(input) ? {} : (input ?? {}));
  if (result.success) return result.data;
  const errors = new Map<string, FieldError>();
  for (const { path, message } of result.error.issues) {
    const field = path.join(".");
    if (!errors.has(field)) errors.set(field, { field, message });
  }
  throw new Problem(400, "Some fields are missing or not valid.", [...errors.values()]);
}

export const unknownPath: RequestHandler = (request) => {
  throw new Problem(404, `${request.method} ${request.path} does not exist.`);
};

const DETAILS: Record<string, string> = {
  "entity.parse.failed": "The body is not valid JSON.",
  "entity.too.large": "The body is too large.",
};

/** Errors of Express and its body parser carry a status below 500 and a type. */
const requestFault = z.object({ status: z.int().min(400).max(499), type: z.string().optional() });

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const fault = requestFault.safeParse(error);
  if (fault.success) return new Problem(fault.data.status, DETAILS[fault.data.type ?? ""]);
  return isUnreachable(error) ? new Problem(503, "The database is unreachable.") : new Problem(500);
}

/** The last handler: turns anything thrown into a problem, and logs it only when the fault is ours. */
export const handleErrors =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    const problem = asProblem(error);
    if (problem.status >= 500) {
      const id = response.get("x-request-id");
      log.error({ id, method: request.method, path: request.path, error: describeError(error) }, "request failed");
    }
    if (response.headersSent) {
      next(error);
      return;
    }
    sendProblem(response, problem);
  };
