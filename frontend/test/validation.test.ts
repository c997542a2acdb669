import { expect, test } from "vitest";
import { LIMITS, validateReport } from "../lib/validation";

const valid = { title: "T", description: "D" };

test.each([
  [valid, []],
  [{ title: " ", description: "\n" }, ["title", "description"]],
  [{ ...valid, title: "x".repeat(LIMITS.title) }, []],
  [{ ...valid, title: "x".repeat(LIMITS.title + 1) }, ["title"]],
  [{ ...valid, description: "x".repeat(LIMITS.description + 1) }, ["description"]],
])("finds the fields that are not valid (case %#)", (report, fields) => {
  expect(Object.keys(validateReport(report))).toEqual(fields);
});
