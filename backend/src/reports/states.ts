import type { ReportState } from "../generated/prisma/client.js";

/** The states that a report may have next. */
export const NEXT_STATES: Record<ReportState, readonly ReportState[]> = {
  submitted: ["acknowledged"],
  acknowledged: ["investigating"],
  investigating: ["resolved", "closed"],
  resolved: [],
  closed: [],
};
