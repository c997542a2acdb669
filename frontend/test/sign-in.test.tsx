import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import HomePage from "../app/page";
import RegisterPage from "../app/register/page";
import SignInPage from "../app/sign-in/page";
import { address, history } from "./navigation";
import { account, alert, button, field, later, open, server } from "./support";

const reporter = account("reporter");

async function signIn(user: ReturnType<typeof open>["user"]) {
  await user.type(await field("Email address"), "ada@example.org");
  await user.type(await field("Password"), " secret ");
  await user.click(await button("Sign in"));
}

describe("the first page", () => {
  test("offers an account and signing in to people who have none", async () => {
    open("/", <HomePage />);
    expect((await screen.findByRole("link", { name: "Create an account" })).getAttribute("href")).toBe("/register");
    // Nobody else learns what is running
    expect(screen.queryByRole("link", { name: "Status" })).toBeNull();
    expect(server.made("GET /status")).toEqual([]);
  });

  test("leads people who are signed in to the reports", async () => {
    open("/", <HomePage />, reporter);
    await waitFor(() => expect(history()).toEqual(["/reports"]));
  });

  test("says that the server is away, and tries again", async () => {
    server.away("GET /session");
    const { user } = open("/", <HomePage />);
    expect((await alert()).textContent).toMatch(/cannot be reached/);
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
    server.refuse("POST /session", 401, "The email address or the password is wrong.");
    const { user } = open("/sign-in", <SignInPage />);
    await signIn(user);
    expect((await alert()).textContent).toBe("The email address or the password is wrong.");
    expect(document.activeElement).toBe(await alert());
    expect((await field("Email address")).value).toBe("ada@example.org");
    expect((await field("Password")).value).toBe(" secret ");
  });

  test.each([
    [429, /wait a few minutes/],
    [500, /could not answer/],
  ])("has a message for status %d", async (status, message) => {
    server.refuse("POST /session", status);
    const { user } = open("/sign-in", <SignInPage />);
    await signIn(user);
    expect((await alert()).textContent).toMatch(message);
  });

  test("leads to the first field that is missing, and sends nothing", async () => {
    const { user } = open("/sign-in", <SignInPage />);
    await user.click(await button("Sign in"));
    const email = await field("Email address");
    await waitFor(() => expect(document.activeElement).toBe(email));
    expect(email.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(email.getAttribute("aria-describedby") ?? "")?.textContent).toBe(
      "Please enter your email address.",
    );
    expect(server.made("POST /session")).toEqual([]);
  });

  test("takes the page one wanted along to registering", async () => {
    open("/sign-in?next=%2Freports%2F42", <SignInPage />);
    const way = await screen.findByRole("link", { name: "Create one" });
    expect(way.getAttribute("href")).toBe("/register?next=%2Freports%2F42");
  });

  test("is not needed by people who are signed in", async () => {
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

describe("after others tried to sign in to the account", () => {
  const failing = (failures: number) => server.on("POST /session", { account: reporter, failures });

  test.each([
    [1, /There was 1 failed attempt to sign in/],
    [12, /There were 12 failed attempts to sign in/],
  ])("%d times, the owner learns it, and is led to a new password", async (failures, message) => {
    failing(failures);
    const { user } = open("/sign-in", <SignInPage />);
    await signIn(user);
    const notice = (await screen.findByText(message)).closest("div") as HTMLElement;
    expect(notice.querySelector("a")?.getAttribute("href")).toBe("/account");
    await user.click(await button("Dismiss"));
    expect(screen.queryByText(message)).toBeNull();
  });

  test("never, nothing is said", async () => {
    failing(0);
    const { user } = open("/sign-in", <SignInPage />);
    await signIn(user);
    await waitFor(() => expect(address()).toBe("/reports"));
    expect(screen.queryByText(/failed attempt/)).toBeNull();
  });
});

describe("registering", () => {
  async function fill(user: ReturnType<typeof open>["user"], password = "correct horse") {
    await user.type(await field("Name"), " Ada ");
    await user.type(await field("Email address"), "ada@example.org");
    await user.type(await field("Password"), password);
    await user.click(await button("Create account"));
  }

  test("signs in and continues", async () => {
    server.on("POST /accounts", { account: reporter });
    const { user } = open("/register", <RegisterPage />);
    await fill(user);
    await waitFor(() => expect(address()).toBe("/reports"));
    expect(server.made("POST /accounts")[0]).toMatchObject({
      body: { name: "Ada", email: "ada@example.org", password: "correct horse" },
      token: undefined,
    });
  });

  test("shows at the address that it is taken", async () => {
    const message = "This email address cannot be used.";
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
});
