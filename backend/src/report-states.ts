import type { ReportState } from "./generated/prisma/client.js";

/** Where a report may go from where it stands. */
const NEXT: Record<ReportState, readonly ReportState[]> = {
  submitted: ["acknowledged"],
  acknowledged: ["investigating"],
  investigating: ["resolved", "closed"],
  resolved: [],
  closed: [],
};

export const nextStates = (state: ReportState): readonly ReportState[] => NEXT[state];
