import type { ReportState } from "../generated/prisma/client.js";

/** The states that a report may have next. */
const NEXT: Record<ReportState, readonly ReportState[]> = {
  submitted: ["acknowledged"],
  acknowledged: ["investigating"],
  investigating: ["resolved", "closed"],
  resolved: [],
  closed: [],
};

export const nextStates = (state: ReportState): readonly ReportState[] => NEXT[state];
