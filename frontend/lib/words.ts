import type { Role, State } from "./model";

export const STATE_NAMES: Record<State, string> = {
  submitted: "Submitted",
  acknowledged: "Acknowledged",
  investigating: "Investigating",
  resolved: "Resolved",
  closed: "Closed",
};

/** What a button says that moves a report to a state. */
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
  reporter: "files reports and follows their own",
  responder: "also sees and works on all reports",
  administrator: "also manages members and invitations",
};

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
