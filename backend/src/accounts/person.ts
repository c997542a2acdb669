import type { Prisma } from "../generated/prisma/client.js";
import type { Member } from "./sessions.js";

/** All that others may know of an account. The role tells two people of one name apart. */
export const person = { id: true, name: true, role: true } satisfies Prisma.AccountSelect;

/** What the person and administrators may know of it. */
export const showAccount = ({ id, name, email, role, createdAt, disabledAt }: Member) => ({
  id,
  name,
  email,
  role,
  createdAt,
  disabledAt,
});
