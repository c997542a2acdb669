import type { Role, State } from "./model";

export const STATE_NAMES: Record<State, string> = {
  submitted: "Submitted",
  acknowledged: "Acknowledged",
  investigating: "Investigating",
  resolved: "Resolved",
  closed: "Closed",
};

/** The label of a button that moves a report to a state. */
export const MOVE_NAMES: Record<State, string> = {
  submitted: "Submit again",
  acknowledged: "Acknowledge",
  investigating: "Start investigating",
  resolved: "Resolve",
  closed: "Close",
};

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
