import type { PrismaClient } from "../generated/prisma/client.js";
import { Problem } from "../http/problem.js";

// So short a name is part of too many other words
const SHORTEST_NAME = 3;

const tidy = (text: string) => text.normalize("NFC").replace(/\s+/gu, " ");

/** Whether a text has the name as a word of its own, in any case. */
function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "iu").test(text);
}

/**
 * The people whom a report names: responders that the reporter chose, and everybody whose full name is in the text, as
 * they may become responders later. One too many does little harm: the others handle the report. Throws a 400 for a
 * choice that is not a responder.
 */
export async function findSubjects(prisma: PrismaClient, chosen: string[], written: string): Promise<string[]> {
  const text = tidy(written);
  const [responders, named] = await Promise.all([
    prisma.account.findMany({ where: { id: { in: chosen }, role: { not: "reporter" } }, select: { id: true } }),
    prisma.$queryRaw<{ id: string; name: string }[]>`
      SELECT id, name FROM accounts
      WHERE length(name) >= ${SHORTEST_NAME} AND position(lower(name) IN lower(${text})) > 0`,
  ]);
  const ids = new Set(responders.map(({ id }) => id));
  if (!chosen.every((id) => ids.has(id))) {
    const message = "These are not responders.";
    throw new Problem(400, message, [{ field: "about", message }]);
  }
  for (const { id, name } of named) if (mentions(text, name)) ids.add(id);
  return [...ids];
}
