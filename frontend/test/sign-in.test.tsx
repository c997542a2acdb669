import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import HomePage from "../app/page";
import RegisterPage from "../app/register/page";
import SignInPage from "../app/sign-in/page";
import { address, history } from "./navigation";
import { account, alert, button, field, heading, later, open, server } from "./support";

const reporter = account("reporter");

async function signIn(user: ReturnType<typeof open>["user"]) {
  await user.type(await field("Email address"), "ada@example.org");
  await user.type(await field("Password"), " secret ");
  await user.click(await button("Sign in"));
}

describe("the first page", () => {
  test("offers an account and signing in to whoever has none", async () => {
    open("/", <HomePage />);
    expect((await screen.findByRole("link", { name: "Make an account" })).getAttribute("href")).toBe("/register");
    expect(screen.queryByText(/administrator/)).toBeNull();
    expect(document.querySelector("#status")?.textContent).toBe(
      "Revision abc123 · PostgreSQL 15.18 · Migration 20260201090000_init",
    );
  });

  test("tells of an empty installation who becomes administrator", async () => {
    server.on("GET /status", { revision: "1", database: { version: null, migration: null }, empty: true });
    open("/", <HomePage />);
    expect(await screen.findByText(/first account made here becomes its administrator/)).toBeTruthy();
    expect(document.querySelector("#status")?.textContent).toContain("PostgreSQL unknown · Migration none");
  });

  test("leads on to the reports whoever is signed in", async () => {
    open("/", <HomePage />, reporter);
    await waitFor(() => expect(history()).toEqual(["/reports"]));
  });

  test("says that the server is away, and tries again", async () => {
    server.away("GET /status");
    server.away("GET /session");
    const { user } = open("/", <HomePage />);
    expect((await alert()).textContent).toMatch(/cannot be reached/);
    expect(document.querySelector("#status")?.textContent).toMatch(/^Status unknown/);
    server.on("GET /session", { account: reporter });
    await user.click(await button("Try again"));
    await waitFor(() => expect(address()).toBe("/reports"));
  });
});

describe("signing in", () => {
  test.each([
    ["/sign-in", "/reports"],
    ["/sign-in?next=%2Freports%2F42", "/reports/42"],
    ["/sign-in?next=%2F%2Felsewhere.example", "/reports"],
  ])("at %s leads to %s", async (from, to) => {
    server.on("POST /session", { account: reporter });
    const { user } = open(from, <SignInPage />);
    await signIn(user);
    await waitFor(() => expect(address()).toBe(to));
    expect(history()).toHaveLength(1);
    expect(server.made("POST /session")[0]?.body).toEqual({ email: "ada@example.org", password: " secret " });
    expect(await screen.findByText("The reporter")).toBeTruthy();
  });

  test("keeps what was typed when it is wrong, and says so first", async () => {
    server.refuse("POST /session", 401, "Wrong.");
    const { user } = open("/sign-in", <SignInPage />);
    await signIn(user);
    expect((await alert()).textContent).toBe("There is no account with this email address and password.");
    expect(document.activeElement).toBe(await alert());
    expect((await field("Email address")).value).toBe("ada@example.org");
    expect((await field("Password")).value).toBe(" secret ");
  });

  test.each([
    [429, /wait a few minutes/],
    [500, /could not answer/],
  ])("has a sentence for status %d", async (status, sentence) => {
    server.refuse("POST /session", status);
    const { user } = open("/sign-in", <SignInPage />);
    await signIn(user);
    expect((await alert()).textContent).toMatch(sentence);
  });

  test("leads to the first field that is missing, and sends nothing", async () => {
    const { user } = open("/sign-in", <SignInPage />);
    await user.click(await button("Sign in"));
    const email = await field("Email address");
    await waitFor(() => expect(document.activeElement).toBe(email));
    expect(email.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(email.getAttribute("aria-describedby") ?? "")?.textContent).toBe(
      "Please write your email address.",
    );
    expect(server.made("POST /session")).toEqual([]);
  });

  test("takes the page one wanted along to registering", async () => {
    open("/sign-in?next=%2Freports%2F42", <SignInPage />);
    const way = await screen.findByRole("link", { name: "Make one" });
    expect(way.getAttribute("href")).toBe("/register?next=%2Freports%2F42");
  });

  test("is not needed by whoever is signed in", async () => {
    open("/sign-in?next=%2Fmembers", <SignInPage />, reporter);
    await waitFor(() => expect(address()).toBe("/members"));
  });

  test("waits until the server has said who is there, and can ask again", async () => {
    const answer = later<object>();
    server.away("GET /session");
    const { user } = open("/sign-in", <SignInPage />);
    await alert();
    server.on("GET /session", () => answer.promise);
    await user.click(await button("Try again"));
    expect(screen.getByText("Loading…")).toBeTruthy();
    expect(screen.queryByLabelText("Password")).toBeNull();
    await act(async () => answer.resolve({ account: null }));
    expect(await field("Password")).toBeTruthy();
  });
});

describe("registering", () => {
  async function fill(user: ReturnType<typeof open>["user"], password = "correct horse") {
    await user.type(await field("Name"), " Ada ");
    await user.type(await field("Email address"), "ada@example.org");
    await user.type(await field("Password"), password);
    await user.click(await button("Make the account"));
  }

  test("signs in and goes on", async () => {
    server.on("POST /accounts", { account: reporter });
    const { user } = open("/register", <RegisterPage />);
    await fill(user);
    await waitFor(() => expect(address()).toBe("/reports"));
    expect(server.made("POST /accounts")[0]).toMatchObject({
      body: { name: "Ada", email: "ada@example.org", password: "correct horse" },
      token: undefined,
    });
    // What it said of an empty installation is asked anew
    expect(server.made("GET /status")).toHaveLength(2);
  });

  test("shows at the address that it is taken", async () => {
    const message = "There is an account with this email address already.";
    server.refuse("POST /accounts", 409, message, [{ field: "email", message }]);
    const { user } = open("/register", <RegisterPage />);
    await fill(user);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Email address")));
    expect(screen.getAllByText(message)).toHaveLength(1);
    expect((await field("Name")).value).toBe(" Ada ");
  });

  test("tells how short a password is before it is sent", async () => {
    const { user } = open("/register", <RegisterPage />);
    await fill(user, "short");
    expect(await screen.findByText("Please use at least 12 characters; this has 5.")).toBeTruthy();
    expect(server.made("POST /accounts")).toEqual([]);
  });

  test("shows on top what is wrong with no field of the form", async () => {
    server.refuse("POST /accounts", 400, "Not valid.", [{ field: "role", message: "There is no such role." }]);
    const { user } = open("/register", <RegisterPage />);
    await fill(user);
    expect((await alert()).textContent).toBe("Not valid. There is no such role.");
  });

  test("says whose the first account is", async () => {
    server.on("GET /status", { revision: "1", database: { version: null, migration: null }, empty: true });
    open("/register", <RegisterPage />);
    expect(await screen.findByText(/becomes the administrator's/)).toBeTruthy();
    expect(await heading("Make an account")).toBeTruthy();
  });
});
