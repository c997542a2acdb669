import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import type { ReactNode } from "react";
import { beforeEach, vi } from "vitest";
import { Shell } from "../components/shell";
import type { Account, Event, Invitation, Page, Person, Report, Role } from "../lib/model";
import { goTo } from "./navigation";

type Answer = unknown;
type Answering = (body: Record<string, unknown>, query: URLSearchParams) => Answer | Promise<Answer>;

interface Call {
  call: string;
  body: Record<string, unknown>;
  query: string;
  token: string | undefined;
}

/** An API whose answers a test sets; it refuses what no test has set. */
class Server {
  calls: Call[] = [];
  private answers = new Map<string, Answering>();

  reset() {
    this.calls = [];
    this.answers.clear();
    this.on("GET /status", {
      revision: "abc123",
      database: { version: "15.18", migration: "20261126090000_accounts" },
    });
    this.on("GET /responders", { items: [] });
    this.on("GET /news", { unread: 0, version: "1" });
    this.on("GET /session", { account: null });
  }

  on(call: string, answer: object | Answering) {
    this.answers.set(call, typeof answer === "function" ? (answer as Answering) : () => answer);
  }

  refuse(call: string, status: number, detail?: string, errors?: { field: string; message: string }[]) {
    this.on(call, () => Response.json({ title: "No", status, detail, errors }, { status }));
  }

  away(call: string) {
    this.on(call, () => Promise.reject(new TypeError("Failed to fetch")));
  }

  /** The calls of one kind that were made. */
  made = (call: string) => this.calls.filter((one) => one.call === call);

  fetch = async (address: string, init: RequestInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(address, "http://site.example");
    const call = `${init.method} ${pathname.replace(/^\/api/, "")}`;
    const body = JSON.parse((init.body as string | undefined) ?? "{}") as Record<string, unknown>;
    const { Authorization: token } = init.headers as Record<string, string>;
    this.calls.push({ call, body, query: searchParams.toString(), token });
    const answering = this.answers.get(call);
    if (!answering) throw new Error(`no test has set an answer to ${call}`);
    const answer = await answering(body, searchParams);
    return answer instanceof Response ? answer : Response.json(answer);
  };
}

export const server = new Server();
vi.stubGlobal("fetch", server.fetch);
beforeEach(() => server.reset());

const AT = "2026-11-25T09:00:00.000Z";
export const LATER = "2026-12-02T09:00:00.000Z";

export const account = (role: Role, name = `The ${role}`): Account => ({
  id: `id-of-${name}`,
  name,
  email: `${role}@example.org`,
  role,
  createdAt: AT,
  disabledAt: null,
});

export const person = (name: string, role: Role = "reporter"): Person => ({ id: `id-of-${name}`, name, role });

export const event = (more: Partial<Event>): Event => ({
  id: crypto.randomUUID(),
  at: AT,
  actor: person("Remy"),
  kind: "filed",
  ...more,
});

export const report = (more: Partial<Report> = {}): Report => ({
  id: "42",
  title: "Shouting in the hallway",
  description: "Between two talks.",
  state: "submitted",
  createdAt: AT,
  updatedAt: AT,
  reporter: person("Remy"),
  about: [],
  conflict: null,
  unread: false,
  moves: [],
  timeline: page([event({})]),
  ...more,
});

export const invitation = (more: Partial<Invitation> = {}): Invitation => ({
  id: "7",
  role: "responder",
  addressee: null,
  createdAt: AT,
  expiresAt: LATER,
  createdBy: person("Ada", "administrator"),
  ...more,
});

export const page = <T,>(items: T[], next: string | null = null, total = items.length): Page<T> => ({
  items,
  next,
  total,
});

export const noContent = () => new Response(null, { status: 204 });

/** Something to be answered when the test says so. */
export function later<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Show a page at an address, to somebody or (unless the server says otherwise) to nobody. */
export function open(path: string, content: ReactNode, who?: Account) {
  if (who) server.on("GET /session", { account: who });
  goTo(path);
  return { user: userEvent.setup(), ...render(<Shell>{content}</Shell>) };
}

export const field = (name: string | RegExp) => screen.findByLabelText<HTMLInputElement>(name);
export const button = (name: string | RegExp) => screen.findByRole("button", { name });
export const heading = (name: string | RegExp) => screen.findByRole("heading", { level: 1, name });
/** An alert is in the page from the start, hidden while it has nothing to say. */
export const alert = () => screen.findByRole("alert");
