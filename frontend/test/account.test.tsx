import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";
import AccountPage from "../app/account/page";
import { describeAgent } from "../lib/words";
import { address } from "./navigation";
import { LATER, account, alert, button, field, heading, noContent, open, server } from "./support";

const reporter = account("reporter", "Rita");
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

beforeEach(() =>
  server.on("GET /sessions", {
    items: [
      { since: LATER, address: "203.0.113.1", agent: firefox, current: true },
      { since: null, address: null, agent: null, current: false },
    ],
  }),
);

test("shows who one is, and leads there from the header", async () => {
  open("/account", <AccountPage />, reporter);
  expect(await heading("Your account")).toBeTruthy();
  expect(screen.getByText(/^Rita · reporter@example.org · Reporter$/)).toBeTruthy();
  const link = within(screen.getByRole("banner")).getByRole("link", { name: "Rita" });
  expect([link.getAttribute("href"), link.getAttribute("aria-current")]).toEqual(["/account", "page"]);
});

describe("where one is signed in", () => {
  test("is listed, and which is this browser", async () => {
    open("/account", <AccountPage />, reporter);
    const rows = (await screen.findAllByRole("listitem")).map(({ textContent }) => textContent);
    expect(rows).toEqual([
      expect.stringMatching(/^Firefox on Linux \(this one\)Signed in 2 Dec 2026.* from 203\.0\.113\.1$/),
      "Unknown browserSigned in before the last update",
    ]);
  });

  test("says what went wrong, and tries again", async () => {
    const listed = server.made;
    server.away("GET /sessions");
    const { user } = open("/account", <AccountPage />, reporter);
    expect((await alert()).textContent).toMatch(/cannot be reached/);
    server.on("GET /sessions", { items: [] });
    await user.click(await button("Try again"));
    await waitFor(() => expect(listed("GET /sessions")).toHaveLength(2));
  });

  test("ends everywhere at the press of a button", async () => {
    server.on("DELETE /sessions", noContent);
    const { user } = open("/account", <AccountPage />, reporter);
    await user.click(await button("Sign out everywhere"));
    await waitFor(() => expect(address()).toBe("/"));
    expect(server.made("DELETE /sessions")).toHaveLength(1);
    expect(screen.queryByText("Rita")).toBeNull();
  });

  test("stays signed in where that fails", async () => {
    server.away("DELETE /sessions");
    const { user } = open("/account", <AccountPage />, reporter);
    await user.click(await button("Sign out everywhere"));
    expect((await screen.findAllByText(/cannot be reached/)).length).toBe(1);
    expect(address()).toBe("/account");
  });
});

describe("changing the password", () => {
  async function change(user: ReturnType<typeof open>["user"], password = " another phrase ") {
    await user.type(await field("Current password"), " old phrase ");
    await user.type(await field("New password"), password);
    await user.click(await button("Change password"));
  }

  test("sends both exactly, empties the form, and asks again where one is signed in", async () => {
    server.on("PUT /password", noContent);
    const { user } = open("/account", <AccountPage />, reporter);
    await change(user);
    expect(await screen.findByText(/^Your password is changed, and you are signed out everywhere else/)).toBeTruthy();
    expect(server.made("PUT /password")[0]?.body).toEqual({ current: " old phrase ", password: " another phrase " });
    expect((await field("New password")).value).toBe("");
    await waitFor(() => expect(server.made("GET /sessions")).toHaveLength(2));
  });

  test("says at the field what is wrong", async () => {
    const message = "This is not your current password.";
    server.refuse("PUT /password", 400, message, [{ field: "current", message }]);
    const { user } = open("/account", <AccountPage />, reporter);
    await change(user);
    await screen.findByText(message);
    expect(document.activeElement).toBe(await field("Current password"));
  });

  test("sends nothing that is too short", async () => {
    const { user } = open("/account", <AccountPage />, reporter);
    await change(user, "short");
    expect(await screen.findByText("Please use at least 12 characters; this has 5.")).toBeTruthy();
    expect(server.made("PUT /password")).toEqual([]);
  });
});

test.each([
  [firefox, "Firefox on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
  ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Safari/604.1", "Safari on iPhone"],
  ["curl/8", "Unknown browser"],
])("names the browser of %j", (agent, name) => {
  expect(describeAgent(agent)).toBe(name);
});
