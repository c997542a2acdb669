import type { FieldErrors, NewReport } from "./api";

/** The API's limits, in characters. */
export const LIMITS = { title: 120, description: 5_000 } as const;

/** What is wrong with each field before it is sent; empty when nothing is. */
export function validateReport(report: NewReport): FieldErrors {
  const errors: FieldErrors = {};
  for (const field of ["title", "description"] as const) {
    const length = report[field].trim().length;
    if (length === 0) errors[field] = `Please write a ${field}.`;
    if (length > LIMITS[field]) errors[field] = `Please keep the ${field} below ${LIMITS[field]} characters.`;
  }
  return errors;
}
