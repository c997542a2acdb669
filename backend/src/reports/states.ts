import type { ReportState } from "../generated/prisma/client.js";

/** The states that a report may have next. */
export const NEXT_STATES: Record<ReportState, readonly ReportState[]> = {
  submitted: ["acknowledged"],
  acknowledged: ["investigating"],
  investigating: ["resolved", "closed"],
  resolved: ["investigating"],
  closed: ["investigating"],
};

/** Whether a report in this state is done with: it moves again only when somebody reopens it. */
export const isDone = (state: ReportState): boolean => state === "resolved" || state === "closed";
