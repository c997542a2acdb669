import { randomUUID } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

// The library's argon2id with the least that OWASP's password storage cheat sheet recommends. More memory would
// take several of these at once past what a small Fargate task has.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password: string): Promise<string> => hash(password, COST);

let absent: Promise<string> | undefined;

/** Whether the password is that of the hash; without a hash false, and just as slowly, so that time tells nothing. */
export async function isPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  absent ??= hashPassword(randomUUID());
  const matches = await verify(passwordHash ?? (await absent), password);
  return matches && passwordHash !== undefined;
}
