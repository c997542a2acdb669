import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import NewReportPage from "../app/reports/new/page";
import OneReportPage from "../app/reports/[id]/page";
import { address } from "./navigation";
import { account, button, event, field, later, noContent, open, person, report, server } from "./support";

const reporter = account("reporter");
const kept = () => Object.keys(sessionStorage).filter((key) => key.startsWith("conducky draft"));
const openReport = async (who = reporter) => {
  server.on("GET /reports/42", report());
  return open("/reports/42", await OneReportPage({ params: Promise.resolve({ id: "42" }) }), who);
};

async function write(user: ReturnType<typeof open>["user"]) {
  server.on("GET /responders", { items: [person("Rosa", "responder"), person("Ada", "administrator")] });
  await user.type(await field("Title"), "Shouting");
  await user.type(await field("What happened?"), "In the hallway");
}

describe("a half-written report", () => {
  test("is there again after a reload or another page, with those it is kept from", async () => {
    server.on("GET /responders", { items: [person("Rosa", "responder"), person("Ada", "administrator")] });
    const { user, unmount } = open("/reports/new", <NewReportPage />, reporter);
    await user.type(await field("Title"), "Shouting");
    await user.click(await screen.findByLabelText("Rosa (responder)"));
    await user.type(await field("What happened?"), "In the hallway");
    unmount();

    // Typed on before the people are there: the choice must not be lost
    const people = later<object>();
    server.on("GET /responders", () => people.promise);
    const again = open("/reports/new", <NewReportPage />, reporter);
    expect((await field("Title")).value).toBe("Shouting");
    expect(screen.getByText(/It has not been sent/)).toBeTruthy();
    await again.user.type(await field("Title"), " at me");
    again.unmount();

    server.on("GET /responders", { items: [person("Rosa", "responder"), person("Ada", "administrator")] });
    server.on("POST /reports", report());
    const { user: last } = open("/reports/new", <NewReportPage />, reporter);
    expect((await field("Title")).value).toBe("Shouting at me");
    expect((await screen.findByLabelText<HTMLInputElement>("Rosa (responder)")).checked).toBe(true);
    expect(screen.getByLabelText<HTMLInputElement>("Ada (administrator)").checked).toBe(false);
    await last.click(await button("File report"));
    await waitFor(() => expect(address()).toBe("/reports/42"));
    expect(server.made("POST /reports").at(-1)?.body).toEqual({
      title: "Shouting at me",
      description: "In the hallway",
      about: ["id-of-Rosa"],
    });
    expect(kept()).toEqual([]);
  });

  test("can be discarded, after one question", async () => {
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    expect(await field("Title")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Discard" })).toBeNull();
    await write(user);
    await user.click(await button("Discard"));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Cancel" }));
    expect((await field("Title")).value).toBe("Shouting");
    await user.click(await button("Discard"));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Discard" }));
    expect((await field("Title")).value).toBe("");
    expect((await field("What happened?")).value).toBe("");
    expect(document.activeElement).toBe(await field("Title"));
    expect(kept()).toEqual([]);
    expect(screen.queryByRole("button", { name: "Discard" })).toBeNull();
    expect(server.made("POST /reports")).toEqual([]);
  });

  test("that is emptied by hand is none", async () => {
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await user.type(await field("Title"), "S");
    expect(kept()).toHaveLength(1);
    await user.clear(await field("Title"));
    expect(kept()).toEqual([]);
  });

  test("goes when its writer signs out", async () => {
    server.on("DELETE /session", noContent);
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await write(user);
    await user.click(await button("Sign out"));
    await waitFor(() => expect(kept()).toEqual([]));
  });

  test("goes when its writer signs out in another tab", async () => {
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await write(user);
    const other = new BroadcastChannel("conducky session");
    other.postMessage("left");
    await waitFor(() => expect(address()).toBe("/"));
    expect(kept()).toEqual([]);
    other.close();
  });

  test("is nothing for another account, and goes when that one is there", async () => {
    const { user, unmount } = open("/reports/new", <NewReportPage />, reporter);
    await write(user);
    unmount();
    open("/reports/new", <NewReportPage />, account("reporter", "Somebody else"));
    expect((await field("Title")).value).toBe("");
    expect(document.body.textContent).not.toContain("hallway");
    await waitFor(() => expect(kept()).toEqual([]));
  });

  test("is lost with the page where the browser keeps nothing, and no worse", async () => {
    vi.spyOn(window, "sessionStorage", "get").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    server.on("POST /reports", report());
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await write(user);
    await user.click(await button("File report"));
    await waitFor(() => expect(address()).toBe("/reports/42"));
    vi.restoreAllMocks();
  });

  test.each(["null", "[1]", "{", '{"title": 1, "description": "Kept"}'])("is read with care: %s", async (stored) => {
    sessionStorage.setItem(`conducky draft ${reporter.id} report`, stored);
    open("/reports/new", <NewReportPage />, reporter);
    expect((await field("Title")).value).toBe("");
  });
});

describe("a half-written comment", () => {
  test("is kept for its report until it is sent, and the field is empty then", async () => {
    const { user, unmount } = await openReport();
    await user.type(await field("Comment"), "Hello");
    unmount();
    const again = await openReport();
    expect((await field("Comment")).value).toBe("Hello");
    server.on("POST /reports/42/comments", ({ text }) => event({ kind: "commented", text: text as string }));
    await again.user.click(await button("Add comment"));
    expect(await screen.findByText("Hello", { selector: ".said" })).toBeTruthy();
    await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Comment").value).toBe(""));
    expect(kept()).toEqual([]);
    expect(screen.queryByText(/It has not been sent/)).toBeNull();
  });

  test("stays when sending it fails", async () => {
    server.away("POST /reports/42/comments");
    const { user } = await openReport();
    await user.type(await field("Comment"), "Hello");
    await user.click(await button("Add comment"));
    await screen.findByText(/cannot be reached/);
    expect(kept()).toHaveLength(1);
    await act(async () => {});
  });
});

test("no password is ever kept", async () => {
  const { default: SignInPage } = await import("../app/sign-in/page");
  const { user } = open("/sign-in", <SignInPage />);
  await user.type(await field("Password"), "secret phrase");
  expect(JSON.stringify({ ...sessionStorage })).not.toContain("secret");
});
