import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import ResetPage from "../app/reset/page";
import { alert, button, field, noContent, open, server } from "./support";

const link = { email: "rita@example.org", expiresAt: "2026-12-02T09:00:00.000Z" };

test("says whose password it is, sets it, and leads to signing in", async () => {
  server.on("GET /password-reset", link);
  server.on("POST /password-reset", noContent);
  const { user } = open("/reset#THE-TOKEN", <ResetPage />);
  expect((await screen.findByText(/For the account of/)).textContent).toContain("rita@example.org");
  await user.type(await field("New password"), "another phrase");
  await user.click(await button("Set password"));
  expect((await screen.findByText(/^Your new password is set/)).querySelector("a")?.getAttribute("href")).toBe(
    "/sign-in",
  );
  expect(server.made("POST /password-reset")).toMatchObject([
    { body: { password: "another phrase" }, token: "Bearer THE-TOKEN" },
  ]);
  // The link does not stay in the address
  await waitFor(() => expect(window.location.hash).toBe(""));
  expect(server.calls.every(({ call, query }) => !`${call}${query}`.includes("TOKEN"))).toBe(true);
  expect(document.activeElement?.textContent).toBe("Set a new password");
});

test.each([
  ["/reset#forged", 401],
  ["/reset", 401],
  ["/reset#old", 410],
])("shows why the API does not take %s (%d)", async (path, status) => {
  server.refuse("GET /password-reset", status, "This link is dead.");
  open(path, <ResetPage />);
  expect((await alert()).textContent).toBe("This link is dead.");
  expect(screen.queryByLabelText("New password")).toBeNull();
});

test("keeps what was typed when it is refused, and can be tried again where the API is away", async () => {
  server.away("GET /password-reset");
  const { user } = open("/reset#TOKEN", <ResetPage />);
  await alert();
  server.on("GET /password-reset", link);
  await user.click(await button("Try again"));
  const message = "This password is easy to guess.";
  server.refuse("POST /password-reset", 400, message, [{ field: "password", message }]);
  await user.type(await field("New password"), "password1234");
  await user.click(await button("Set password"));
  expect(await screen.findByText(message)).toBeTruthy();
  expect((await field("New password")).value).toBe("password1234");
});
