import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import JoinPage from "../app/join/page";
import { address, goTo, history } from "./navigation";
import { account, alert, button, field, LATER, later, noContent, open, server } from "./support";

const invited = { role: "responder", addressee: null, expiresAt: LATER };

test("says what the invitation gives, and creates the account with it", async () => {
  server.on("GET /invitation", { ...invited, addressee: "Rosa" });
  server.on("POST /accounts", { account: account("responder", "Rosa") });
  const { user } = open("/join#THE-TOKEN", <JoinPage />);
  expect((await screen.findByText(/gives you the role/)).textContent).toMatch(
    /^This invitation for Rosa gives you the role Responder: .* until 2 Dec 2026/,
  );
  await user.type(await field("Name"), "Rosa");
  await user.type(await field("Email address"), "rosa@example.org");
  await user.type(await field("Password"), "correct horse");
  await user.click(await button("Create account"));
  // The link does not stay in the history
  await waitFor(() => expect(history()).toEqual(["/reports"]));
  expect(server.made("GET /invitation")[0]?.token).toBe("Bearer THE-TOKEN");
  expect(server.made("POST /accounts")[0]?.token).toBe("Bearer THE-TOKEN");
  expect(server.calls.every(({ call, query }) => !`${call}${query}`.includes("TOKEN"))).toBe(true);
  expect(screen.queryByText(/You are signed in as/)).toBeNull();
});

test.each([
  ["/join#forged", 401],
  ["/join", 401],
  ["/join#old", 410],
])("shows why the API does not take %s (%d)", async (path, status) => {
  server.refuse("GET /invitation", status, "This link is dead.");
  open(path, <JoinPage />);
  expect((await alert()).textContent).toBe("This link is dead.");
  expect(screen.queryByRole("button", { name: "Create account" })).toBeNull();
});

test("waits for the API, and tries again where it is away", async () => {
  const answer = later<object>();
  server.away("GET /invitation");
  const { user } = open("/join#TOKEN", <JoinPage />);
  expect((await alert()).textContent).toMatch(/cannot be reached/);
  server.on("GET /invitation", () => answer.promise);
  await user.click(await button("Try again"));
  expect(screen.getByText("Checking the invitation…")).toBeTruthy();
  await act(async () => answer.resolve(invited));
  expect(await button("Create account")).toBeTruthy();
});

test("checks another invitation when the address changes", async () => {
  server.refuse("GET /invitation", 410);
  open("/join#ONE", <JoinPage />);
  await alert();
  server.on("GET /invitation", invited);
  act(() => {
    goTo("/join#OTHER");
    window.dispatchEvent(new Event("hashchange"));
  });
  expect(await button("Create account")).toBeTruthy();
  expect(server.made("GET /invitation").map(({ token }) => token)).toEqual(["Bearer ONE", "Bearer OTHER"]);
});

describe("with an account", () => {
  const rosa = account("responder", "Remy");

  test("that may do less it is accepted for it, once, and leads to the reports", async () => {
    const answer = later<object>();
    server.on("GET /invitation", invited);
    server.on("POST /invitation/accept", () => answer.promise);
    const { user } = open("/join#TOKEN", <JoinPage />, account("reporter", "Remy"));
    await user.dblClick(await button("Accept the invitation"));
    await act(async () => answer.resolve({ account: rosa }));
    await waitFor(() => expect(history()).toEqual(["/reports"]));
    expect(server.made("POST /invitation/accept").map(({ token }) => token)).toEqual(["Bearer TOKEN"]);
    expect(server.made("POST /accounts")).toEqual([]);
  });

  test("it says why that failed, and can be tried again", async () => {
    server.on("GET /invitation", invited);
    server.refuse("POST /invitation/accept", 410, "This link has expired.");
    const { user } = open("/join#TOKEN", <JoinPage />, account("reporter", "Remy"));
    await user.click(await button("Accept the invitation"));
    expect((await alert()).textContent).toBe("This link has expired.");
    expect(await button("Accept the invitation")).toBeTruthy();
  });

  test.each(["responder", "administrator"] as const)("of a %s it has nothing more to give, and says so", async (role) => {
    server.on("GET /invitation", invited);
    open("/join#TOKEN", <JoinPage />, account(role, "Remy"));
    expect((await screen.findByText(/You are signed in as/)).textContent).toContain("gives it nothing more");
    expect(screen.queryByRole("button", { name: "Accept the invitation" })).toBeNull();
    expect(screen.getByText(/An administrator can also change roles without a link/)).toBeTruthy();
  });

  test("one signs in right there, and the token stays where no server sees it", async () => {
    server.on("GET /invitation", invited);
    server.on("POST /session", { account: account("reporter", "Remy"), failures: 0 });
    const { user } = open("/join#TOKEN", <JoinPage />);
    await user.click(await button("Sign in to accept"));
    expect(document.activeElement?.textContent).toBe("Join by invitation");
    await user.type(await field("Email address"), "remy@example.org");
    await user.type(await field("Password"), "secret");
    await user.click(await button("Sign in"));
    expect(await button("Accept the invitation")).toBeTruthy();
    expect(address()).toBe("/join#TOKEN");
    expect(server.calls.every(({ call, query }) => !`${call}${query}`.includes("TOKEN"))).toBe(true);
  });

  test("one can still create another", async () => {
    server.on("GET /invitation", invited);
    const { user } = open("/join#TOKEN", <JoinPage />);
    await user.click(await button("Sign in to accept"));
    await user.click(await button("Create one"));
    expect(await button("Create account")).toBeTruthy();
  });

  test("a dead link leads on: an administrator can change the role", async () => {
    server.refuse("GET /invitation", 410, "This link has expired.");
    open("/join#TOKEN", <JoinPage />, account("reporter", "Remy"));
    expect(await screen.findByText(/An administrator can change the role of your account/)).toBeTruthy();
  });
});

test("tells a person who is signed in that they are, and lets them sign out for it", async () => {
  server.on("GET /invitation", invited);
  server.on("DELETE /session", noContent);
  const { user } = open("/join#TOKEN", <JoinPage />, account("reporter", "Remy"));
  expect((await screen.findByText(/You are signed in as/)).textContent).toContain("Remy (reporter)");
  await user.click((await screen.findAllByRole("button", { name: "Sign out" }))[1] as HTMLElement);
  expect(await button("Create account")).toBeTruthy();
});

test("says where signing out for it failed", async () => {
  server.on("GET /invitation", invited);
  server.away("DELETE /session");
  const { user } = open("/join#TOKEN", <JoinPage />, account("reporter", "Remy"));
  await screen.findByText(/You are signed in as/);
  await user.click((await screen.findAllByRole("button", { name: "Sign out" }))[1] as HTMLElement);
  expect((await alert()).textContent).toMatch(/cannot be reached/);
});

test("says that the server is away before anything else", async () => {
  server.away("GET /session");
  const { user } = open("/join#TOKEN", <JoinPage />);
  expect((await alert()).textContent).toMatch(/cannot be reached/);
  server.on("GET /session", { account: null });
  server.on("GET /invitation", invited);
  await user.click(await button("Try again"));
  expect(await button("Create account")).toBeTruthy();
});
