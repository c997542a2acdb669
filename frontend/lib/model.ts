/** What the API speaks of. Ids are UUIDs, times ISO 8601. */
export const ROLES = ["reporter", "responder", "administrator"] as const;
export type Role = (typeof ROLES)[number];

export const STATES = ["submitted", "acknowledged", "investigating", "resolved", "closed"] as const;
export type State = (typeof STATES)[number];

export interface Person {
  id: string;
  name: string;
}

export interface Account extends Person {
  email: string;
  role: Role;
  createdAt: string;
}

export interface Event {
  id: string;
  at: string;
  actor: Person;
  kind: "filed" | "moved" | "commented";
  from?: State;
  to?: State;
  text?: string;
}

export interface ReportItem {
  id: string;
  title: string;
  state: State;
  createdAt: string;
  updatedAt: string;
  reporter: Person;
}

/** `moves` are the states that the signed-in person may move it to; the timeline is oldest first. */
export interface Report extends ReportItem {
  description: string;
  moves: State[];
  timeline: Event[];
}

/** `url` is there only in the answer to the call that makes the invitation. */
export interface Invitation {
  id: string;
  role: Role;
  createdAt: string;
  expiresAt: string;
  createdBy: Person;
  url?: string;
}

/** A part of a list, newest first; `next` is what to ask the following part with. */
export interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}

/** `empty`: there is no account yet, and the next one becomes administrator. */
export interface Status {
  revision: string;
  database: { version: string | null; migration: string | null };
  empty: boolean;
}

export const isAtLeast = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted);
