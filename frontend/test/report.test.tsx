import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import OneReportPage from "../app/reports/[id]/page";
import type { Account, Report } from "../lib/model";
import { account, alert, button, event, field, heading, later, open, page, person, report, server } from "./support";

const responder = account("responder");

async function openReport(answer: Report, who: Account = responder) {
  server.on("GET /reports/42", answer);
  return open("/reports/42", await OneReportPage({ params: Promise.resolve({ id: "42" }) }), who);
}

test("shows who did what when, oldest first, and texts as they were typed", async () => {
  const timeline = [
    event({}),
    event({ kind: "moved", from: "submitted", to: "acknowledged", actor: person("Rosa", "responder") }),
    event({ kind: "commented", text: "Thank you.\n<b>We</b> look into it.", actor: person("Rosa", "responder") }),
  ];
  const newestFirst = page(timeline.toReversed());
  await openReport(report({ description: "First line\nsecond <script>", timeline: newestFirst }), account("reporter"));
  expect(await heading("Shouting in the hallway")).toBeTruthy();
  const lines = within(screen.getByRole("list")).getAllByRole("listitem");
  expect(lines.map((line) => line.querySelector("p")?.textContent?.replace(/\d.*/, "").trim())).toEqual([
    "Remy filed the report",
    "Rosa (responder) moved it from Submitted to Acknowledged",
    "Rosa (responder) commented",
  ]);
  expect(lines[2]?.textContent).toContain("<b>We</b> look into it.");
  expect(lines[0]?.querySelector("time")?.dateTime).toBe("2026-11-25T09:00:00.000Z");
  expect(screen.getByText(/second <script>/).textContent).toBe("First line\nsecond <script>");
});

describe("a long history", () => {
  const long = report({ timeline: page([event({ id: "3", kind: "commented", text: "Third" })], "3", 3) });
  const earlier = page([event({ id: "2", kind: "commented", text: "Second" }), event({ id: "1" })]);

  test("shows its newest entries, and earlier ones on demand", async () => {
    server.on("GET /reports/42/events", earlier);
    const { user } = await openReport(long);
    expect(within(await screen.findByRole("list")).getAllByRole("listitem")).toHaveLength(1);
    await user.click(await button("Show earlier entries"));
    expect(await screen.findByText("Earlier entries are loaded.")).toBeTruthy();
    expect([...document.querySelectorAll(".said")].map((text) => text.textContent)).toEqual(["Second", "Third"]);
    expect(server.made("GET /reports/42/events").map(({ query }) => query)).toEqual(["limit=20&before=3"]);
    expect(screen.queryByRole("button", { name: "Show earlier entries" })).toBeNull();
  });

  test("keeps what is there when those fail, and can try again", async () => {
    server.away("GET /reports/42/events");
    const { user } = await openReport(long);
    await user.click(await button("Show earlier entries"));
    expect((await alert()).textContent).toMatch(/cannot be reached/);
    expect(screen.getByText("Third")).toBeTruthy();
    server.on("GET /reports/42/events", earlier);
    await user.click(await button("Show earlier entries"));
    expect(await screen.findByText("Second")).toBeTruthy();
  });
});

describe("a conflict of interest", () => {
  test("is shown to the people concerned: whom the report is kept from", async () => {
    await openReport(
      report({ about: [person("Rosa", "responder"), person("Ada", "administrator")] }),
      account("reporter"),
    );
    expect(await screen.findByText("Not shown to Rosa, Ada")).toBeTruthy();
  });

  test.each([
    ["own", /another responder handles it/],
    ["alone", /because nobody else can/],
  ] as const)("of the reader has its reason (%s)", async (conflict, reason) => {
    await openReport(report({ conflict }));
    expect(await screen.findByText(reason)).toBeTruthy();
  });
});

test.each([404, 400])("has a state of its own for a report that is not there (%d)", async (status) => {
  server.refuse("GET /reports/42", status, "There is none.");
  open("/reports/42", await OneReportPage({ params: Promise.resolve({ id: "42" }) }), responder);
  expect(await heading("There is no such report")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
});

test("says that it is loading, then what went wrong, and tries again", async () => {
  const answer = later<object>();
  server.on("GET /reports/42", () => answer.promise);
  const { user } = open("/reports/42", await OneReportPage({ params: Promise.resolve({ id: "42" }) }), responder);
  expect(await screen.findByText("Loading the report…")).toBeTruthy();
  await act(async () => answer.resolve(new Response("", { status: 502 })));
  expect((await alert()).textContent).toMatch(/could not answer/);
  server.on("GET /reports/42", report());
  await user.click(await button("Try again"));
  expect(await heading("Shouting in the hallway")).toBeTruthy();
});

describe("moving a report", () => {
  const investigating = report({ state: "investigating", moves: ["resolved", "closed"] });
  const confirm = async (name: string) =>
    within(await screen.findByRole("dialog")).getByRole("button", { name });

  test.each(["Resolve", "Close"])("asks before it does %s, and does nothing when that is cancelled", async (name) => {
    const { user } = await openReport(investigating);
    await user.click(await button(name));
    const dialog = await screen.findByRole("dialog", { name: `${name} this report?` });
    expect(dialog.getAttribute("aria-describedby")).toBe(within(dialog).getByText(/can reopen it/).id);
    expect(document.activeElement?.textContent).toBe("Cancel");
    await user.keyboard("{Enter}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(server.made("PATCH /reports/42")).toEqual([]);
    expect(await button(name)).toBeTruthy();
  });

  test("does not ask before a step that others follow", async () => {
    server.on("PATCH /reports/42", report({ state: "acknowledged" }));
    const { user } = await openReport(report({ moves: ["acknowledged"] }));
    await user.click(await button("Acknowledge"));
    expect(await screen.findByText("State changed to Acknowledged.")).toBeTruthy();
  });

  test.each(["resolved", "closed"] as const)("reopens one that is %s, as the reader saw it", async (state) => {
    server.on("PATCH /reports/42", investigating);
    const { user } = await openReport(report({ state, moves: ["investigating"] }));
    await user.click(await button("Reopen"));
    expect(await screen.findByText("State changed to Investigating.")).toBeTruthy();
    expect(server.made("PATCH /reports/42").map(({ body }) => body)).toEqual([{ state: "investigating", from: state }]);
  });

  test("sends what was asked about, also when the report has changed under the question", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout"] });
    const { user } = await openReport(investigating);
    await user.click(await button("Resolve"));
    server.on("GET /news", { unread: 0, version: "2" });
    server.on("GET /reports/42", report({ state: "closed", moves: ["investigating"] }));
    await act(async () => vi.advanceTimersByTime(15_000));
    expect(await screen.findByText("Closed")).toBeTruthy();
    server.refuse("PATCH /reports/42", 409, "It was moved.");
    await user.click(await confirm("Resolve"));
    expect(await screen.findByText(/Somebody else moved this report/)).toBeTruthy();
    expect(server.made("PATCH /reports/42")[0]?.body).toEqual({ state: "resolved", from: "investigating" });
    vi.useRealTimers();
  });

  test("has a button for each state it may go to", async () => {
    await openReport(investigating);
    const group = await screen.findByRole("group", { name: "Move this report" });
    expect(
      within(group)
        .getAllByRole("button")
        .map((one) => one.textContent),
    ).toEqual(["Resolve", "Close"]);
  });

  test("is not offered to whom the API offers none", async () => {
    await openReport(report(), account("reporter"));
    await heading("Shouting in the hallway");
    expect(screen.queryByRole("group", { name: "Move this report" })).toBeNull();
  });

  test("shows the new state and says so, once for two clicks", async () => {
    const answer = later<Report>();
    server.on("PATCH /reports/42", () => answer.promise);
    const { user } = await openReport(investigating);
    await user.click(await button("Resolve"));
    await user.dblClick(await confirm("Resolve"));
    await act(async () => answer.resolve(report({ state: "resolved", moves: [] })));
    expect(await screen.findByText("Resolved")).toBeTruthy();
    expect(server.made("PATCH /reports/42").map(({ body }) => body)).toEqual([
      { state: "resolved", from: "investigating" },
    ]);
    expect(document.activeElement?.textContent).toBe("State changed to Resolved.");
    expect(screen.queryByRole("button", { name: "Close" })).toBeNull();
  });

  test("tells that somebody was faster, and shows it as it is", async () => {
    const { user } = await openReport(investigating);
    server.refuse("PATCH /reports/42", 409, "It was moved.");
    await button("Close");
    server.on("GET /reports/42", report({ state: "closed", moves: [] }));
    await user.click(await button("Resolve"));
    await user.click(await confirm("Resolve"));
    expect(await screen.findByText(/Somebody else moved this report in the meantime\. This is/)).toBeTruthy();
    expect(screen.getByText("Closed")).toBeTruthy();
  });

  test("tells that somebody was faster even where it cannot be shown", async () => {
    const { user } = await openReport(investigating);
    server.refuse("PATCH /reports/42", 409, "It was moved.");
    await button("Close");
    server.away("GET /reports/42");
    await user.click(await button("Resolve"));
    await user.click(await confirm("Resolve"));
    expect(await screen.findByText(/Reload this page to see it/)).toBeTruthy();
  });

  test("says what went wrong, and can be tried again", async () => {
    server.away("PATCH /reports/42");
    const { user } = await openReport(investigating);
    await user.click(await button("Resolve"));
    await user.click(await confirm("Resolve"));
    expect(await screen.findByText(/cannot be reached/)).toBeTruthy();
    server.on("PATCH /reports/42", report({ state: "resolved" }));
    await user.click(await button("Resolve"));
    await user.click(await confirm("Resolve"));
    expect(await screen.findByText("State changed to Resolved.")).toBeTruthy();
  });
});

describe("commenting", () => {
  test("adds it to the history and empties the field for the next one", async () => {
    server.on("POST /reports/42/comments", ({ text }) => event({ kind: "commented", text: text as string }));
    const { user } = await openReport(report());
    for (const text of ["First", "Second"]) {
      // user-event overlooks that a form was reset
      fireEvent.input(await field("Comment"), { target: { value: text } });
      await user.click(await button("Add comment"));
      expect(await screen.findByText(text, { selector: ".said" })).toBeTruthy();
      await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Comment").value).toBe(""));
    }
    expect(screen.getByText("Your comment was added.")).toBeTruthy();
    expect(within(screen.getByRole("list")).getAllByRole("listitem")).toHaveLength(3);
  });

  test("does not undo what happened to the report meanwhile", async () => {
    const comment = later<object>();
    server.on("POST /reports/42/comments", () => comment.promise);
    server.on("PATCH /reports/42", report({ state: "acknowledged", moves: [] }));
    const { user } = await openReport(report({ moves: ["acknowledged"] }));
    await user.type(await field("Comment"), "Hello");
    await user.click(await button("Add comment"));
    await user.click(await button("Acknowledge"));
    await screen.findByText("Acknowledged");
    await act(async () => comment.resolve(event({ kind: "commented", text: "Hello" })));
    expect(await screen.findByText("Hello", { selector: ".said" })).toBeTruthy();
    expect(screen.getByText("Acknowledged")).toBeTruthy();
  });

  test("keeps the text when it fails", async () => {
    server.refuse("POST /reports/42/comments", 400, "Not valid.", [{ field: "text", message: "Too long." }]);
    const { user } = await openReport(report());
    await user.type(await field("Comment"), "Hello");
    await user.click(await button("Add comment"));
    expect(await screen.findByText("Too long.")).toBeTruthy();
    expect((await field("Comment")).value).toBe("Hello");
    expect(document.activeElement).toBe(await field("Comment"));
  });
});

describe("on paper", () => {
  test("the whole history is loaded first, and the head says when it was filed, changed and printed", async () => {
    const pages: Record<string, object> = {
      "3": page([event({ id: "2", kind: "commented", text: "Second" })], "2", 3),
      "2": page([event({ id: "1" })], null, 3),
    };
    server.on("GET /reports/42/events", (_, query) => pages[query.get("before") ?? ""]);
    const printed: string[] = [];
    vi.stubGlobal("print", () => {
      act(() => void window.dispatchEvent(new Event("beforeprint")));
      printed.push(document.querySelector("main")?.textContent ?? "");
    });
    const long = report({ timeline: page([event({ id: "3", kind: "commented", text: "Third" })], "3", 3) });
    const { user } = await openReport(long);
    await screen.findByText("Third");
    expect(screen.getByText(/^Earlier entries are missing/)).toBeTruthy();
    await user.click(await button("Print"));
    await waitFor(() => expect(printed).toHaveLength(1));
    expect(printed[0]).toMatch(/Report 42\. Filed .*2026.*, last changed .*2026.*, printed .*\d{4}/);
    for (const text of ["Shouting in the hallway", "Between two talks.", "Third", "Second", "filed the report"])
      expect(printed[0]).toContain(text);
    expect(printed[0]).not.toContain("Earlier entries are missing");
    expect(server.made("GET /reports/42/events").map(({ query }) => query)).toEqual([
      "limit=100&before=3",
      "limit=100&before=2",
    ]);
    vi.unstubAllGlobals();
    vi.stubGlobal("fetch", server.fetch);
  });
});
