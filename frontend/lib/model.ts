/** What the API sends. Ids are UUIDs, times ISO 8601. */
export const ROLES = ["reporter", "responder", "administrator"] as const;
export type Role = (typeof ROLES)[number];

export const STATES = ["submitted", "acknowledged", "investigating", "resolved", "closed"] as const;
export type State = (typeof STATES)[number];

export interface Person {
  id: string;
  name: string;
  role: Role;
}

export interface Account extends Person {
  email: string;
  createdAt: string;
  /** Since when it is disabled; null for an account that can sign in. */
  disabledAt: string | null;
}

/** Where somebody is signed in; what an earlier release did not note is null. */
export interface BrowserSession {
  since: string | null;
  address: string | null;
  agent: string | null;
  current: boolean;
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
  /** Whether others did something to it since the signed-in person last read it. */
  unread: boolean;
}

/**
 * `moves` are the states that the signed-in person may move it to. `about` are the responders it is kept from, and
 * `conflict` is set for a responder who filed it ("own") or handles it as nobody else can ("alone").
 */
export interface Report extends ReportItem {
  description: string;
  about: Person[];
  conflict: "own" | "alone" | null;
  moves: State[];
  timeline: Page<Event>;
}

/** A link for one person; the API shows it once. */
export interface Link {
  url: string;
  expiresAt: string;
}

/** `createdBy` is null for a link from the command line. */
export interface Invitation {
  id: string;
  role: Role;
  /** Whom it is for: a name or an email address, if the administrator gave one. */
  addressee: string | null;
  createdAt: string;
  expiresAt: string;
  createdBy: Person | null;
}

export interface AuditEntry {
  id: string;
  at: string;
  action: string;
  /** Null for the command line, and for a person who was not signed in. */
  actor: Person | null;
  account: Person | null;
  reportId: string | null;
  detail: string | null;
  address: string | null;
}

/** A part of a list, newest first; `next` asks for the following part. */
export interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}

/** `unread` counts reports; `version` is another one whenever a report that the person may read has changed. */
export interface News {
  unread: number;
  version: string;
}

/** What is running, for administrators. */
export interface Status {
  revision: string;
  database: { version: string | null; migration: string | null };
}

export const isAtLeast = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted);
