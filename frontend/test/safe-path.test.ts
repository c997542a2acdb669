// @vitest-environment node
import { expect, test } from "vitest";
import { safePath, signInPath } from "../lib/safe-path";

test.each([
  ["/reports/42", "/reports/42"],
  ["/reports?state=closed", "/reports?state=closed"],
  ["/", "/"],
])("leads back to %j on this site", (wanted, path) => {
  expect(safePath(wanted)).toBe(path);
});

test.each([
  null,
  "",
  "reports",
  "//elsewhere.example",
  "///elsewhere.example",
  "/\\elsewhere.example",
  "\\\\elsewhere.example",
  "/\t/elsewhere.example",
  "/\n/elsewhere.example",
  "/.//elsewhere.example",
  "/x/..//elsewhere.example",
  "/%2e//elsewhere.example",
  "https://elsewhere.example",
  "javascript:alert(1)",
  " /reports",
  "//",
])("leads from %j to nowhere else than the reports", (wanted) => {
  expect(safePath(wanted)).toBe("/reports");
});

test.each(["/reports?state=a,b&x=1", "/reports/42"])("%j survives the way through the sign-in page", (path) => {
  const address = new URL(signInPath(path), "http://site.example");
  expect(safePath(address.searchParams.get("next"))).toBe(path);
});
