import type { Prisma } from "./generated/prisma/client.js";

/** What others may know of an account. */
export const person = { id: true, name: true } satisfies Prisma.AccountSelect;

export const showPerson = ({ id, name }: { id: string; name: string }) => ({ id, name });
