import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import HomePage from "../app/page";
import MembersPage from "../app/members/page";
import ReportsPage from "../app/reports/page";
import NewReportPage from "../app/reports/new/page";
import SignInPage from "../app/sign-in/page";
import { SiteLink } from "../components/site-link";
import { Shell } from "../components/shell";
import { address, history } from "./navigation";
import {
  account,
  alert,
  button,
  field,
  heading,
  later,
  noContent,
  open,
  page,
  person,
  report,
  server,
} from "./support";

const reporter = account("reporter");
const site = () => <Shell>{address().startsWith("/sign-in") ? <SignInPage /> : <NewReportPage />}</Shell>;

describe("who is not signed in", () => {
  test.each(["/reports", "/reports?state=closed"])("is led from %s to the sign-in page and back", async (path) => {
    open(path, <ReportsPage />);
    await waitFor(() => expect(address()).toBe(`/sign-in?next=${encodeURIComponent(path)}`));
    expect(server.made("GET /reports")).toEqual([]);
  });

  test("sees the sign-in page say why it is there", async () => {
    open("/sign-in?next=%2Freports", <SignInPage />);
    expect(await screen.findByText("Sign in to see that page.")).toBeTruthy();
  });

  test("is offered signing in by the header, and nothing else", async () => {
    open("/", <HomePage />);
    const names = (await screen.findByRole("navigation", { name: "Main" })).querySelectorAll("a");
    expect([...names].map((link) => link.textContent)).toEqual(["Sign in"]);
    expect(screen.queryByRole("button", { name: "Sign out" })).toBeNull();
  });
});

describe("the header", () => {
  test.each([
    ["reporter", ["Reports", "File a report"]],
    ["responder", ["Reports", "File a report"]],
    ["administrator", ["Reports", "File a report", "Members", "Audit log"]],
  ] as const)("shows a %s their name and ways", async (role, names) => {
    server.on("GET /reports", page([]));
    open("/reports", <ReportsPage />, account(role));
    expect(await screen.findByText(`The ${role}`)).toBeTruthy();
    const links = [...screen.getByRole("navigation", { name: "Main" }).querySelectorAll("a")];
    expect(links.map((link) => link.textContent)).toEqual(names);
    expect(links.map((link) => link.getAttribute("aria-current"))).toEqual(["page", ...names.slice(1).map(() => null)]);
  });
});

test.each(["reporter", "responder"] as const)("a %s learns that the members are for administrators", async (role) => {
  open("/members", <MembersPage />, account(role));
  expect(await heading("You don’t have access to this page")).toBeTruthy();
  expect(server.made("GET /accounts")).toEqual([]);
});

describe("signing out", () => {
  test("leaves nothing on screen and leads to the first page", async () => {
    server.on("GET /reports", page([report({ title: "Private" })]));
    server.on("DELETE /session", noContent);
    const { user } = open("/reports", <ReportsPage />, reporter);
    await screen.findByText("Private");
    await user.click(await button("Sign out"));
    await waitFor(() => expect(address()).toBe("/"));
    expect(document.body.textContent).not.toMatch(/Private|The reporter/);
  });

  test("says that one still is signed in where it failed", async () => {
    server.on("GET /reports", page([]));
    server.away("DELETE /session");
    const { user } = open("/reports", <ReportsPage />, reporter);
    await user.click(await button("Sign out"));
    expect((await alert()).textContent).toMatch(/^You are still signed in\. The server cannot be reached/);
    expect(address()).toBe("/reports");
  });
});

describe("a session that ends in the middle", () => {
  async function fileInVain() {
    server.on("GET /responders", { items: [person("Rosa", "responder")] });
    const { user, rerender } = open("/reports/new", <NewReportPage />, reporter);
    await user.type(await field("Title"), "Shouting");
    await user.type(await field("What happened?"), "In the hallway");
    await user.click(await screen.findByLabelText("Rosa (responder)"));
    server.refuse("POST /reports", 401, "Sign in first.");
    server.on("GET /session", { account: null });
    await user.click(await button("File report"));
    await waitFor(() => expect(address()).toBe("/sign-in?next=%2Freports%2Fnew"));
    const again = async (who: ReturnType<typeof account>) => {
      server.on("POST /session", { account: who });
      rerender(site());
      expect(await screen.findByText(/^Your session has ended/)).toBeTruthy();
      await user.type(await field("Email address"), who.email);
      await user.type(await field("Password"), "secret");
      await user.click(await button("Sign in"));
      await waitFor(() => expect(address()).toBe("/reports/new"));
      rerender(site());
    };
    return { again };
  }

  test("loses nothing of what was typed", async () => {
    const { again } = await fileInVain();
    await again(reporter);
    expect((await field("Title")).value).toBe("Shouting");
    expect((await field("What happened?")).value).toBe("In the hallway");
    // Least of all from whom it shall be kept
    expect((await screen.findByLabelText<HTMLInputElement>("Rosa (responder)")).checked).toBe(true);
  });

  test("shows nothing of it to somebody else who signs in", async () => {
    const { again } = await fileInVain();
    await again(account("reporter", "Somebody else"));
    expect((await field("Title")).value).toBe("");
    expect((await screen.findByLabelText<HTMLInputElement>("Rosa (responder)")).checked).toBe(false);
    expect(document.body.textContent).not.toContain("hallway");
  });
});

describe("when the page is seen again", () => {
  test("what belongs to somebody signed out elsewhere goes", async () => {
    server.on("GET /reports", page([report({ title: "Private" })]));
    open("/reports?state=closed", <ReportsPage />, reporter);
    await screen.findByText("Private");
    server.on("GET /session", { account: null });
    fireEvent.focus(window);
    await waitFor(() => expect(address()).toBe("/sign-in?next=%2Freports%3Fstate%3Dclosed"));
    expect(screen.queryByText("Private")).toBeNull();
  });

  test("another account's own reports are asked for", async () => {
    server.on("GET /reports", page([report({ title: "Private" })]));
    open("/reports", <ReportsPage />, reporter);
    await screen.findByText("Private");
    server.on("GET /session", { account: account("reporter", "Somebody else") });
    server.on("GET /reports", () => new Promise(() => {}));
    fireEvent(window, new Event("pageshow"));
    await screen.findByText("Somebody else");
    expect(screen.queryByText("Private")).toBeNull();
    await waitFor(() => expect(server.made("GET /reports")).toHaveLength(2));
  });

  test("a server that is away changes nothing", async () => {
    server.on("GET /reports", page([report({ title: "Private" })]));
    open("/reports", <ReportsPage />, reporter);
    await screen.findByText("Private");
    server.away("GET /session");
    fireEvent.focus(window);
    await waitFor(() => expect(server.made("GET /session")).toHaveLength(2));
    expect(screen.getByText("Private")).toBeTruthy();
  });

  test("an answer from before signing in says nothing any more", async () => {
    const stale = later<object>();
    server.on("POST /session", { account: reporter });
    const { user } = open("/sign-in", <SignInPage />);
    await user.type(await field("Email address"), "ada@example.org");
    await user.type(await field("Password"), "secret");
    server.on("GET /session", () => stale.promise);
    fireEvent.focus(window);
    await user.click(await button("Sign in"));
    await screen.findByText("The reporter");
    await act(async () => stale.resolve({ account: null }));
    expect(screen.getByText("The reporter")).toBeTruthy();
  });
});

test("a role taken away in the middle takes its pages away", async () => {
  server.on("GET /invitations", page([]));
  server.refuse("GET /accounts", 403, "Only administrators.");
  open("/members", <MembersPage />, account("administrator"));
  server.on("GET /session", { account: account("reporter") });
  expect(await heading("You don’t have access to this page")).toBeTruthy();
});

describe("following a link", () => {
  test("puts the reader at the heading of the new page, but not of the first one", async () => {
    const content = (
      <>
        <h1 tabIndex={-1}>Here</h1>
        <SiteLink href="/there">There</SiteLink>
      </>
    );
    const { user } = open("/here", content);
    expect(document.activeElement).toBe(document.body);
    await user.click(screen.getByRole("link", { name: "There" }));
    expect(history()).toEqual(["/here", "/there"]);
    expect(document.activeElement?.textContent).toBe("Here");
  });

  test.each([{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { button: 1 }])(
    "is left to the browser with %o",
    async (how) => {
      open("/here", <SiteLink href="/there">There</SiteLink>);
      const click = new MouseEvent("click", { bubbles: true, cancelable: true, ...how });
      let taken = true;
      const look = (event: Event) => {
        taken = event.defaultPrevented;
        event.preventDefault();
      };
      window.addEventListener("click", look, { once: true });
      (await screen.findByRole("link", { name: "There" })).dispatchEvent(click);
      expect([taken, address()]).toEqual([false, "/here"]);
    },
  );
});
