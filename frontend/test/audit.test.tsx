import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import AuditPage from "../app/audit/page";
import { describeEntry } from "../lib/audit";
import type { AuditEntry } from "../lib/model";
import { account, button, heading, open, page, person, server } from "./support";

const entry = (more: Partial<AuditEntry>): AuditEntry => ({
  id: crypto.randomUUID(),
  at: "2026-11-25T09:00:00.000Z",
  action: "signed_in",
  actor: person("Ada"),
  account: person("Rita"),
  reportId: null,
  detail: null,
  address: null,
  ...more,
});

test.each<[Partial<AuditEntry>, string]>([
  [{ action: "account_created", detail: "reporter" }, "Ada created an account (reporter)"],
  [{ action: "signed_in" }, "Ada signed in"],
  [{ action: "sign_in_failed", actor: null }, "Someone failed to sign in as Rita"],
  [
    { action: "sign_in_failed", actor: null, account: null },
    "Someone failed to sign in as somebody without an account",
  ],
  [{ action: "sign_in_failed" }, "Rita entered a wrong current password"],
  [{ action: "signed_out_everywhere" }, "Ada signed out everywhere"],
  [{ action: "password_changed" }, "Ada changed their password"],
  [{ action: "reset_link_created" }, "Ada created a password link for Rita"],
  [{ action: "password_reset", actor: null }, "Rita set a new password with a link"],
  [{ action: "role_changed", detail: "reporter → responder" }, "Ada changed the role of Rita (reporter → responder)"],
  [
    { action: "role_changed", account: person("Ada"), detail: "reporter → responder, by invitation" },
    "Ada changed their own role (reporter → responder, by invitation)",
  ],
  [{ action: "account_disabled" }, "Ada disabled the account of Rita"],
  [{ action: "account_enabled" }, "Ada enabled the account of Rita"],
  [{ action: "invitation_created", detail: "responder" }, "Ada created an invitation (responder)"],
  [{ action: "invitation_revoked", detail: "responder" }, "Ada revoked an invitation (responder)"],
  [
    { action: "administrator_link_created", actor: null },
    "A link for an administrator was created on the command line",
  ],
  [{ action: "report_moved", detail: "submitted → acknowledged" }, "Ada moved a report (submitted → acknowledged)"],
  [{ action: "of_a_later_release" }, "of_a_later_release"],
])("an entry says what was done (%j)", (more, words) => {
  expect(describeEntry(entry(more))).toBe(words);
});

test("the log shows when and from where, and leads to reports", async () => {
  server.on("GET /audit", (_, query) =>
    query.get("before")
      ? page([entry({ action: "password_changed" })], null, 2)
      : page(
          [entry({ id: "7", action: "report_moved", detail: "a → b", reportId: "42", address: "203.0.113.1" })],
          "7",
          2,
        ),
  );
  const { user } = open("/audit", <AuditPage />, account("administrator"));
  expect((await screen.findByText(/moved a report/)).closest("li")?.textContent).toMatch(
    /25 Nov 2026.* from 203\.0\.113\.1/,
  );
  expect(screen.getByRole("link", { name: "Open the report" }).getAttribute("href")).toBe("/reports/42");
  expect(screen.getByText("1 of 2 entries")).toBeTruthy();
  await user.click(await button("Show more"));
  expect(await screen.findByText("Ada changed their password")).toBeTruthy();
  expect(screen.getByText("2 entries")).toBeTruthy();
});

test("the log is for administrators", async () => {
  open("/audit", <AuditPage />, account("responder"));
  expect(await heading(/access to this page/)).toBeTruthy();
  expect(server.made("GET /audit")).toEqual([]);
});
