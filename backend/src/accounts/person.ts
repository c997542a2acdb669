import type { Account, Prisma } from "../generated/prisma/client.js";
import type { Member } from "./sessions.js";

/** What everybody may know of an account. The role tells two people of one name apart. */
export const person = { id: true, name: true, role: true } satisfies Prisma.AccountSelect;

type Person = Pick<Account, keyof typeof person>;

export const showPerson = ({ id, name, role }: Person) => ({ id, name, role });

/** What the person and administrators may know of it. */
export const showAccount = ({ id, name, email, role, createdAt, disabledAt }: Member) => ({
  id,
  name,
  email,
  role,
  createdAt,
  disabledAt,
});
