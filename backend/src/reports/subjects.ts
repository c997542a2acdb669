import type { Prisma, PrismaClient } from "../generated/prisma/client.js";
import type { person } from "../accounts/person.js";
import { mayActAs } from "../accounts/sessions.js";
import { Problem } from "../http/problem.js";

// So short a name is part of too many other words
const SHORTEST_NAME = 3;

const tidy = (text: string) => text.normalize("NFC").replace(/\s+/gu, " ");

/** Whether a text has the name as a word of its own, in any case. */
function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "iu").test(text);
}

type Person = Prisma.AccountGetPayload<{ select: typeof person }>;

/**
 * The people whom a report names: responders that the reporter chose, and everybody whose full name is in the text, as
 * they may become responders later. One too many does little harm: the others handle the report. Throws a 400 for a
 * choice that is not a responder.
 */
export async function findSubjects(prisma: PrismaClient, chosen: string[], written: string): Promise<Person[]> {
  const text = tidy(written);
  const found = await prisma.$queryRaw<Person[]>`
    SELECT id, name, role FROM accounts
    WHERE id = ANY(${chosen}::uuid[]) OR length(name) >= ${SHORTEST_NAME} AND position(lower(name) IN lower(${text})) > 0`;
  const responders = new Set(found.filter((who) => mayActAs(who, "responder")).map(({ id }) => id));
  if (!chosen.every((id) => responders.has(id.toLowerCase()))) {
    const message = "These are not responders.";
    throw new Problem(400, message, [{ field: "about", message }]);
  }
  const isChosen = new Set(chosen.map((id) => id.toLowerCase()));
  return found.filter(({ id, name }) => isChosen.has(id) || mentions(text, name));
}
