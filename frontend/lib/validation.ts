import type { FieldErrors } from "./api";

export type Values = Record<string, string>;

interface Rule {
  missing: string;
  longest: number;
}

/** The API's limits, in characters. */
export const SHORTEST_PASSWORD = 12;
export const RULES: Record<string, Rule> = {
  name: { missing: "Please enter your name.", longest: 80 },
  email: { missing: "Please enter your email address.", longest: 254 },
  password: { missing: "Please enter a password.", longest: 128 },
  current: { missing: "Please enter your current password.", longest: 128 },
  addressee: { missing: "Please say who it is for.", longest: 254 },
  title: { missing: "Please enter a title.", longest: 120 },
  description: { missing: "Please describe what happened.", longest: 5_000 },
  text: { missing: "Please write a comment.", longest: 2_000 },
};

function fault(field: string, value: string): string | undefined {
  const rule = RULES[field];
  if (!rule) return undefined;
  if (!value) return rule.missing;
  if (value.length > rule.longest) {
    return `Please use at most ${rule.longest} characters; this has ${value.length}.`;
  }
  if (field === "email" && !/^\S+@\S+\.\S+$/.test(value)) {
    return "Please enter an email address such as name@example.org.";
  }
  return undefined;
}

/** What is wrong with each of a form's values before they are sent; empty when nothing is. */
export function validate(values: Values): FieldErrors {
  const faults = Object.entries(values).map(([field, value]) => [field, fault(field, value)] as const);
  return Object.fromEntries(faults.filter(([, message]) => message));
}

/** The same where a password is being chosen. */
export function validateNewPassword(values: Values): FieldErrors {
  const faults = validate(values);
  const length = values.password?.length ?? 0;
  if (!faults.password && length < SHORTEST_PASSWORD) {
    faults.password = `Please use at least ${SHORTEST_PASSWORD} characters; this has ${length}.`;
  }
  return faults;
}
