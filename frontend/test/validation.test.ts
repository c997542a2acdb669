// @vitest-environment node
import { expect, test } from "vitest";
import { validate, validateNewPassword } from "../lib/validation";

const account = { name: "Ada", email: "ada@example.org", password: "x".repeat(12) };

test.each<[Record<string, string>, string[]]>([
  [{ title: "T", description: "D" }, []],
  [{ title: "", description: "" }, ["title", "description"]],
  [{ title: "x".repeat(120), description: "x".repeat(5_000), text: "x".repeat(2_000) }, []],
  [{ title: "x".repeat(121), description: "x".repeat(5_001) }, ["title", "description"]],
  [{ text: "x".repeat(2_001) }, ["text"]],
  [{ email: "ada@example.org" }, []],
  [{ email: "ada" }, ["email"]],
  [{ email: "ada@example" }, ["email"]],
  [{ email: "ada @example.org" }, ["email"]],
  [{ email: `${"x".repeat(243)}@example.org` }, ["email"]],
  [{ password: "short" }, []],
  [{ current: "" }, ["current"]],
  [{ role: "" }, []],
])("finds the fields that are not valid (case %#)", (values, fields) => {
  expect(Object.keys(validate(values))).toEqual(fields);
});

test("says how much too long a text is", () => {
  expect(validate({ title: "x".repeat(131) }).title).toBe("Please use at most 120 characters; this has 131.");
});

test.each<[object, string[]]>([
  [{}, []],
  [{ name: "" }, ["name"]],
  [{ name: "x".repeat(81) }, ["name"]],
  [{ password: "" }, ["password"]],
  [{ password: "x".repeat(11) }, ["password"]],
  [{ password: "x".repeat(128) }, []],
  [{ password: "x".repeat(129) }, ["password"]],
])("finds what a new account cannot have (case %#)", (change, fields) => {
  expect(Object.keys(validateNewPassword({ ...account, ...change }))).toEqual(fields);
});
