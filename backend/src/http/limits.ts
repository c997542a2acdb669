import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import { Problem } from "./problem.js";

interface Limit {
  points: number;
  minutes: number;
  /** The message for a person who reached it. */
  detail: string;
}

const TOO_MANY_GUESSES = "Too many failed attempts to sign in. Please try again in a quarter of an hour.";

// A conference shares one address: limits by address are far above what visitors need, far below what guessing needs
const LIMITS = {
  /** Wrong passwords for one account from anywhere, or from one browser that has signed in to it before. */
  guessesByAccount: { points: 10, minutes: 15, detail: TOO_MANY_GUESSES },
  /** Wrong passwords for any account from one address. */
  guessesByAddress: { points: 50, minutes: 15, detail: TOO_MANY_GUESSES },
  signIns: { points: 10, minutes: 1, detail: "This account signed in too often. Please try again in a minute." },
  registrations: {
    points: 60,
    minutes: 60,
    detail: "Too many accounts were created from here. Please try again in an hour.",
  },
  writing: {
    points: 30,
    minutes: 1,
    detail: "Too many reports or comments in a short time. Please try again in a minute.",
  },
} satisfies Record<string, Limit>;

/** Limits that all tasks share, as their counters are in Postgres. */
export function createLimits(pool: Pool) {
  const create = (name: string, { points, minutes, detail }: Limit, index: number) => {
    const limiter = new RateLimiterPostgres({
      storeClient: pool,
      tableName: "limits",
      tableCreated: true,
      clearExpiredByTimeout: index === 0,
      keyPrefix: name,
      points,
      duration: minutes * 60,
    });
    // What people typed is not kept: it may be a password in the wrong field
    const hashed = (key: string) => createHash("sha256").update(key).digest("base64url");
    const refuse = ({ msBeforeNext }: RateLimiterRes): never => {
      throw new Problem(429, detail, undefined, Math.max(1, Math.ceil(msBeforeNext / 1_000)));
    };
    return {
      /** Throws a 429 when the limit is reached. */
      async check(key: string): Promise<void> {
        const found = await limiter.get(hashed(key));
        if (found && found.consumedPoints >= points) refuse(found);
      },
      /** Counts, and throws a 429 when the limit was reached before. */
      async take(key: string, count = 1): Promise<void> {
        await limiter.consume(hashed(key), count).catch((reason: unknown) => {
          if (reason instanceof RateLimiterRes) return refuse(reason);
          throw reason;
        });
      },
      async giveBack(key: string): Promise<void> {
        await limiter.reward(hashed(key));
      },
    };
  };
  const entries = Object.entries(LIMITS).map(([name, limit], index) => [name, create(name, limit, index)] as const);
  return Object.fromEntries(entries) as Record<keyof typeof LIMITS, ReturnType<typeof create>>;
}

export type Limits = ReturnType<typeof createLimits>;
