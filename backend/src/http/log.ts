import type { RequestHandler } from "express";
import { pino, stdTimeFunctions, type Logger } from "pino";

/** JSON lines on standard output, written together at least twice a second, which a killed task may lose. */
export const createLogger = (revision: string): Logger =>
  pino(
    { base: { service: "backend", revision }, timestamp: stdTimeFunctions.isoTime },
    pino.destination({ sync: false, minLength: 4_096, periodicFlush: 500 }),
  );

/**
 * What may be logged of an error: its kind and place. Never its message: the database's
 * and Prisma's messages quote the statement's data, which is the text of a report.
 */
export function describeError(error: unknown) {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const frames = error.stack?.split("\n").filter((line) => line.startsWith("    at "));
  return { type: error.name, code, at: frames?.slice(0, 6).map((line) => line.trim()) };
}

/**
 * Logs each request when it is over: its id, its path without the query, the account's id and the client's address; no
 * header but the load balancer's trace id.
 */
export const logRequests =
  (log: Logger): RequestHandler =>
  (request, response, next) => {
    const started = performance.now();
    const { method, path } = request;
    response.on("close", () => {
      const ms = Math.round(performance.now() - started);
      const { statusCode: status, writableFinished: finished } = response;
      const [id, trace] = [response.get("x-request-id"), request.get("x-amzn-trace-id")];
      const { account, address } = request;
      log.info({ id, method, path, status, finished, ms, account: account?.id, address, trace }, "request");
    });
    next();
  };
