import { randomUUID } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import pLimit from "p-limit";
import { z } from "zod";
import { Problem } from "../http/problem.js";

// The library's argon2id with the least that OWASP's password storage cheat sheet recommends. More memory would
// take several of these at once past what a small Fargate task has.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

// One after the other: a small task has a quarter of a processor, and the health check needs its share. A hash takes
// about 0.1 s there, so that nobody waits longer than browsers do.
const oneAtATime = pLimit(1);
const LONGEST_QUEUE = 40;

/** Throws a 503 while too many wait for a hash. Asked first, it saves the work of what would be refused later. */
export function refuseWhenBusy(): void {
  if (oneAtATime.pendingCount < LONGEST_QUEUE) return;
  throw new Problem(503, "Too many people are signing in right now. Please try again in a moment.", undefined, 5);
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  refuseWhenBusy();
  return await oneAtATime(work);
}

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password, COST));

let absent: Promise<string> | undefined;

/** Whether the password fits the hash; false without a hash, and just as slowly, so that the time reveals nothing. */
export async function isPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  absent ??= hash(randomUUID(), COST);
  const compared = passwordHash ?? (await absent);
  return (await inTurn(() => verify(compared, password))) && passwordHash !== undefined;
}

/** A password as people may choose it. Unpaired surrogates all become the same character in UTF-8. */
export const newPassword = z
  .string({ error: "The password is missing." })
  .min(12, "The password has fewer than 12 characters.")
  .max(128, "The password is longer than 128 characters.")
  .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), "The password contains a control character.");

/** Takes memory and a fifth of what starting takes, so only once somebody chooses a password. */
async function createEstimator() {
  const [core, words] = await Promise.all([import("@zxcvbn-ts/core"), import("@zxcvbn-ts/language-common")]);
  return new core.ZxcvbnFactory({ dictionary: words.dictionary, graphs: words.adjacencyGraphs });
}

let estimator: ReturnType<typeof createEstimator> | undefined;
// zxcvbn's 3 of 4: at least 10^8 guesses. Common words, repetitions, rows of keys and the person's own name are below.
const LEAST_SCORE = 3;
// Its time grows faster than the length
const ESTIMATED_CHARACTERS = 40;

const lettersOf = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

/** Throws a 400 for a password that is among the first to be guessed, for this person in particular. */
export async function refuseGuessable(password: string, person: { name: string; email: string }): Promise<void> {
  const parts = `${person.email} ${person.name}`.split(/[^\p{L}\p{N}]+/u);
  const words = [person.email, person.name, ...parts, "conducky"].filter(({ length }) => length > 2);
  const holdsAddress = lettersOf(password).includes(lettersOf(person.email));
  const { score } = (await (estimator ??= createEstimator())).check(password.slice(0, ESTIMATED_CHARACTERS), words);
  if (!holdsAddress && score >= LEAST_SCORE) return;
  const message = "This password is easy to guess. Please choose another, such as a few words in a row.";
  throw new Problem(400, message, [{ field: "password", message }]);
}
