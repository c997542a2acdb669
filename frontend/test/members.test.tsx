import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import MembersPage from "../app/members/page";
import StatusPage from "../app/status/page";
import type { Account } from "../lib/model";
import { address } from "./navigation";
import { LATER, account, alert, button, field, heading, invitation, later, noContent, open, page, server } from "./support";

const ada = account("administrator", "Ada");
const remy = account("reporter", "Remy");
const url = "https://site.example/join#TOKEN";

beforeEach(() => {
  server.on("GET /accounts", page([remy, ada]));
  server.on("GET /invitations", page([]));
});

const roleOf = (name: string) => screen.findByLabelText<HTMLSelectElement>(`Role of ${name}`);

describe("roles", () => {
  const changing = `PATCH /accounts/${remy.id}`;

  test("are shown for each member, and which one is one's own", async () => {
    open("/members", <MembersPage />, ada);
    expect((await roleOf("Remy")).value).toBe("reporter");
    expect((await roleOf("Ada")).closest("li")?.textContent).toMatch(/^Ada \(you\)administrator@example\.org/);
    expect(screen.getByText("2 accounts")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Change role" })).toBeNull();
  });

  test("change when that is confirmed, once for two clicks", async () => {
    const answer = later<{ account: Account }>();
    server.on(changing, () => answer.promise);
    const { user } = open("/members", <MembersPage />, ada);
    await user.selectOptions(await roleOf("Remy"), "Responder");
    expect(server.made(changing)).toEqual([]);
    await user.dblClick(await button("Change role"));
    await act(async () => answer.resolve({ account: { ...remy, role: "responder" } }));
    expect(await screen.findByText("Remy is now responder.")).toBeTruthy();
    expect(server.made(changing).map(({ body }) => body)).toEqual([{ role: "responder" }]);
    expect(screen.queryByRole("button", { name: "Change role" })).toBeNull();
    expect(document.activeElement).toBe(await roleOf("Remy"));
  });

  test("stay what they were when the last administrator would go", async () => {
    const message = "There must be an administrator.";
    server.refuse(`PATCH /accounts/${ada.id}`, 409, message);
    const { user } = open("/members", <MembersPage />, ada);
    await user.selectOptions(await roleOf("Ada"), "Reporter");
    await user.click(await button("Change role"));
    expect((await alert()).textContent).toBe(message);
    expect((await roleOf("Ada")).value).toBe("administrator");
  });

  test("that are one's own take effect at once", async () => {
    server.on(`PATCH /accounts/${ada.id}`, { account: { ...ada, role: "reporter" } });
    const { user } = open("/members", <MembersPage />, ada);
    await user.selectOptions(await roleOf("Ada"), "Reporter");
    await user.click(await button("Change role"));
    expect(await heading("You don’t have access to this page")).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Members" })).toBeNull();
  });
});

describe("what is running", () => {
  const line = async () => (await screen.findByText("Revision")).closest("dl")?.textContent;

  test("is on a page for administrators, to which their footer leads", async () => {
    const { user } = open("/members", <MembersPage />, ada);
    await roleOf("Ada");
    expect(server.made("GET /status")).toEqual([]);
    await user.click(screen.getByRole("link", { name: "Status" }));
    expect(address()).toBe("/status");
  });

  test("is shown there, a long revision shortened and whole in its title", async () => {
    const revision = "0123456789abcdef0123456789abcdef01234567";
    server.on("GET /status", { revision, database: { version: "15.18", migration: "20261126200000_news" } });
    open("/status", <StatusPage />, ada);
    expect(await line()).toBe("Revision0123456789abcdef…DatabasePostgreSQL 15.18Last migration20261126200000_news");
    expect(screen.getByText("0123456789abcdef…").title).toBe(revision);
  });

  test("is unknown where the API does not say, and short where it is short", async () => {
    server.on("GET /status", { revision: "build-7", database: { version: null, migration: null } });
    open("/status", <StatusPage />, ada);
    expect(await line()).toBe("Revisionbuild-7DatabasePostgreSQL of an unknown versionLast migrationnone");
  });

  test("can be asked again when the API was away", async () => {
    server.away("GET /status");
    const { user } = open("/status", <StatusPage />, ada);
    expect((await alert()).textContent).toMatch(/cannot be reached/);
    server.on("GET /status", { revision: "build-7", database: { version: "15.18", migration: "m" } });
    await user.click(await button("Try again"));
    expect(await line()).toContain("build-7");
  });

  test.each(["reporter", "responder"] as const)("is nothing for a %s", async (role) => {
    open("/status", <StatusPage />, account(role));
    expect(await heading("You don’t have access to this page")).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Status" })).toBeNull();
    expect(server.made("GET /status")).toEqual([]);
  });
});

describe("an account", () => {
  const disabled = { ...remy, disabledAt: LATER };

  test("is disabled, and enabled again", async () => {
    server.on(`PATCH /accounts/${remy.id}`, ({ disabled: wanted }) => ({ account: wanted ? disabled : remy }));
    const { user } = open("/members", <MembersPage />, ada);
    await user.click(await button("Disable the account of Remy"));
    expect(await screen.findByText("Remy is signed out everywhere and can no longer sign in.")).toBeTruthy();
    expect((await roleOf("Remy")).closest("li")?.textContent).toMatch(/^Remy \(disabled\)/);
    expect(screen.queryByRole("button", { name: "Reset password of Remy" })).toBeNull();
    await user.click(await button("Enable the account of Remy"));
    expect(await screen.findByText("Remy can sign in again.")).toBeTruthy();
    expect(server.made(`PATCH /accounts/${remy.id}`).map(({ body }) => body)).toEqual([
      { disabled: true },
      { disabled: false },
    ]);
  });

  test("gets a link for a new password, which goes when it is disabled", async () => {
    server.on(`POST /accounts/${remy.id}/password-reset`, {
      url: "https://site.example/reset#TOKEN",
      expiresAt: LATER,
    });
    server.on(`PATCH /accounts/${remy.id}`, { account: disabled });
    const { user } = open("/members", <MembersPage />, ada);
    await user.click(await button("Reset password of Remy"));
    const box = await screen.findByRole("group", { name: "A new password for Remy" });
    expect(box.querySelector("code")?.textContent).toBe("https://site.example/reset#TOKEN");
    expect(document.activeElement).toBe(box);
    await user.click(await button("Disable the account of Remy"));
    await waitFor(() => expect(screen.queryByRole("group", { name: "A new password for Remy" })).toBeNull());
  });

  test("keeps its state when that fails, with the reason", async () => {
    server.refuse(`PATCH /accounts/${remy.id}`, 409, "There must be at least one administrator.");
    const { user } = open("/members", <MembersPage />, ada);
    await user.click(await button("Disable the account of Remy"));
    expect((await alert()).textContent).toMatch(/at least one administrator/);
    expect(await button("Disable the account of Remy")).toBeTruthy();
  });

  test("that is one's own has neither: one's own password is on another page", async () => {
    open("/members", <MembersPage />, ada);
    await roleOf("Ada");
    expect(screen.queryByRole("button", { name: /of Ada$/ })).toBeNull();
  });
});

test("a link from the command line is shown as such", async () => {
  server.on("GET /invitations", page([invitation({ role: "administrator", createdBy: null })]));
  open("/members", <MembersPage />, ada);
  expect((await button("Revoke this invitation: Administrator")).closest("li")?.textContent).toMatch(
    /by the command line/,
  );
});

describe("inviting", () => {
  async function invite(user: ReturnType<typeof open>["user"], addressee = "Grace") {
    await user.type(await field("Who is it for?"), addressee);
    await user.click(await button("Create invitation"));
  }

  test("asks whom it is for", async () => {
    const { user } = open("/members", <MembersPage />, ada);
    await user.click(await button("Create invitation"));
    expect(await screen.findByText("Please say who it is for.")).toBeTruthy();
    expect(server.made("POST /invitations")).toEqual([]);
  });

  test("shows the link, once and with a button that copies it", async () => {
    server.on("POST /invitations", ({ role, addressee }) => ({
      ...invitation({ role: role as Account["role"], addressee: addressee as string }),
      url,
      expiresAt: LATER,
    }));
    const { user } = open("/members", <MembersPage />, ada);
    await user.selectOptions(await screen.findByLabelText("Role"), "Administrator");
    expect(screen.getByText("Administrator: can also manage members and invitations.")).toBeTruthy();
    await invite(user);
    const box = await screen.findByRole("group", { name: "The invitation's link" });
    expect(box.textContent).toContain("Give this link to Grace only.");
    expect(screen.getByText("Administrator, for Grace")).toBeTruthy();
    expect(box.querySelector("code")?.textContent).toBe(url);
    expect(document.activeElement).toBe(box);
    expect(server.made("POST /invitations")[0]?.body).toEqual({ role: "administrator", addressee: "Grace" });
    expect(screen.getByText("1 open invitation")).toBeTruthy();
    await user.click(within(box).getByRole("button", { name: "Copy link" }));
    expect(await within(box).findByText("Copied.")).toBeTruthy();
    expect(await navigator.clipboard.readText()).toBe(url);
  });

  describe("in a browser that has no clipboard for scripts, as without HTTPS", () => {
    async function copyWith(execCommand: (() => boolean) | undefined) {
      server.on("POST /invitations", { ...invitation(), url });
      const { user } = open("/members", <MembersPage />, ada);
      await invite(user);
      await screen.findByText(url);
      vi.spyOn(navigator, "clipboard", "get").mockReturnValue(undefined as unknown as Clipboard);
      Object.assign(document, { execCommand });
      await user.click(await button("Copy link"));
    }
    afterEach(() => {
      vi.restoreAllMocks();
      Object.assign(document, { execCommand: undefined });
    });

    test("copies the older way", async () => {
      const selected: (string | undefined)[] = [];
      await copyWith(() => selected.push(window.getSelection()?.toString()) > 0);
      expect(await screen.findByText("Copied.")).toBeTruthy();
      expect(selected).toEqual([url]);
    });

    test.each([() => false, undefined])("selects the link where that is refused too (%o)", async (execCommand) => {
      await copyWith(execCommand);
      expect(await screen.findByText(/The link is selected: copy it yourself/)).toBeTruthy();
      expect(window.getSelection()?.toString()).toBe(url);
    });
  });

  test("says what went wrong", async () => {
    server.away("POST /invitations");
    const { user } = open("/members", <MembersPage />, ada);
    await invite(user);
    expect((await alert()).textContent).toMatch(/cannot be reached/);
  });
});

describe("an open invitation", () => {
  beforeEach(() => server.on("GET /invitations", page([invitation({ addressee: "Grace Hopper" })])));

  test("is shown with its role, its author and its end, and can be revoked", async () => {
    server.on("DELETE /invitations/7", noContent);
    const { user } = open("/members", <MembersPage />, ada);
    const taking = await button("Revoke this invitation: Responder, for Grace Hopper");
    expect(taking.closest("li")?.textContent).toMatch(/^Responder, for Grace Hopperby Ada · until 2 Dec 2026/);
    await user.click(taking);
    expect(await screen.findByText(/^There are no open invitations. Create one above/)).toBeTruthy();
    expect(screen.getByText(/its link no longer works/)).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Invitations");
  });

  test("takes its link along", async () => {
    server.on("POST /invitations", { ...invitation({ id: "8" }), url });
    server.on("DELETE /invitations/8", noContent);
    const { user } = open("/members", <MembersPage />, ada);
    await user.type(await field("Who is it for?"), "Grace");
    await user.click(await button("Create invitation"));
    await screen.findByText(url);
    await user.click(screen.getAllByRole("button", { name: /^Revoke/ })[0] as HTMLElement);
    await waitFor(() => expect(screen.queryByText(url)).toBeNull());
    expect(screen.getByText("1 open invitation")).toBeTruthy();
  });

  test("that is open no longer goes from the list", async () => {
    server.refuse("DELETE /invitations/7", 404, "There is none.");
    const { user } = open("/members", <MembersPage />, ada);
    await user.click(await button(/^Revoke/));
    expect(await screen.findByText(/already used or revoked/)).toBeTruthy();
    expect(screen.getByText("0 open invitations")).toBeTruthy();
  });

  test("stays where it could not be revoked", async () => {
    server.away("DELETE /invitations/7");
    const { user } = open("/members", <MembersPage />, ada);
    await user.click(await button(/^Revoke/));
    expect((await alert()).textContent).toMatch(/cannot be reached/);
    expect(screen.getByText("1 open invitation")).toBeTruthy();
  });
});
