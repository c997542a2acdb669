import type { Event, Role, State } from "./model";

export const STATE_NAMES: Record<State, string> = {
  submitted: "Submitted",
  acknowledged: "Acknowledged",
  investigating: "Investigating",
  resolved: "Resolved",
  closed: "Closed",
};

const MOVE_NAMES: Record<State, string> = {
  submitted: "Submit again",
  acknowledged: "Acknowledge",
  investigating: "Start investigating",
  resolved: "Resolve",
  closed: "Close",
};

/** The label of a button that moves a report from one state to another. */
export const moveName = (from: State, to: State): string =>
  to === "investigating" && FINISHING[from] ? "Reopen" : MOVE_NAMES[to];

/** What to ask before a report is moved to a state in which nobody looks after it any more. */
export const FINISHING: Partial<Record<State, { question: string; consequence: string; label: string }>> = {
  resolved: {
    question: "Resolve this report?",
    consequence: "The reporter sees that it is resolved. You or another responder can reopen it.",
    label: "Resolve",
  },
  closed: {
    question: "Close this report?",
    consequence: "The reporter sees that it was closed unresolved. You or another responder can reopen it.",
    label: "Close",
  },
};

/** What somebody did, after their name. */
export function describeEvent({ kind, from, to }: Event): string {
  if (kind === "filed") return "filed the report";
  if (kind === "commented") return "commented";
  const way = `${from ? `from ${STATE_NAMES[from]} ` : ""}to ${to ? STATE_NAMES[to] : "another state"}`;
  return from && FINISHING[from] ? `reopened it, ${way}` : `moved it ${way}`;
}

export const ROLE_NAMES: Record<Role, string> = {
  reporter: "Reporter",
  responder: "Responder",
  administrator: "Administrator",
};

/** What somebody with a role can do. */
export const ROLE_MEANINGS: Record<Role, string> = {
  reporter: "can file reports and follow their own",
  responder: "can also see and handle all reports",
  administrator: "can also manage members and invitations",
};

export const counted = (count: number, one: string): string =>
  `${count} ${count === 1 ? one : one.replace(/y$/, "ie") + "s"}`;

const AGES: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });

/** How long ago a time is, as in "3 days ago". */
export function describeAge(value: string): string {
  const seconds = (Date.now() - new Date(value).getTime()) / 1_000;
  const [unit, length] = AGES.find(([, length]) => seconds >= length) ?? [];
  return unit && length ? relative.format(-Math.floor(seconds / length), unit) : "just now";
}

const BROWSERS = { "Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari" };
const SYSTEMS = {
  iPhone: "iPhone",
  iPad: "iPad",
  Android: "Android",
  Windows: "Windows",
  Mac: "macOS",
  Linux: "Linux",
};

/** The browser and system that a User-Agent header claims. */
export function describeAgent(agent: string | null): string {
  const name = (known: Record<string, string>) => Object.entries(known).find(([mark]) => agent?.includes(mark))?.[1];
  const [browser, system] = [name(BROWSERS), name(SYSTEMS)];
  return `${browser ?? "Unknown browser"}${system ? ` on ${system}` : ""}`;
}
