import type { Request, RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { Problem } from "./problem.js";

const MINUTE_MS = 60_000;

/** The client's address, as the load balancer saw it. */
const address = (request: Request): string => ipKeyGenerator(request.ip ?? "");

interface Limit {
  minutes: number;
  requests: number;
  detail: string;
  /** Who is counted; the client's address if not given. */
  key?: (request: Request) => string;
  /** Count refused requests only. */
  failuresOnly?: boolean;
}

/** Counted in each task's memory: with several tasks a limit is that many times as high. */
const limitRequests = ({ minutes, requests, detail, key = address, failuresOnly = false }: Limit): RequestHandler =>
  rateLimit({
    windowMs: minutes * MINUTE_MS,
    limit: requests,
    keyGenerator: key,
    skipSuccessfulRequests: failuresOnly,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(new Problem(429, detail));
    },
  });

// A conference shares one address: these are far above what its visitors need, and far below what guessing needs.
export const limitSignIn = () =>
  limitRequests({
    minutes: 15,
    requests: 20,
    failuresOnly: true,
    detail: "Too many failed attempts to sign in. Please try again in a quarter of an hour.",
  });

export const limitRegistration = () =>
  limitRequests({
    minutes: 60,
    requests: 60,
    detail: "Too many accounts were registered from here. Please try again in an hour.",
  });

export const limitWriting = () =>
  limitRequests({
    minutes: 1,
    requests: 30,
    key: (request) => request.session.accountId ?? address(request),
    detail: "Too many reports or comments in a short time. Please try again in a minute.",
  });
