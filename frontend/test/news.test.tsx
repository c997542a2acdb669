import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import OneReportPage from "../app/reports/[id]/page";
import ReportsPage from "../app/reports/page";
import { account, button, event, field, heading, later, noContent, open, page, person, report, server } from "./support";

const reporter = account("reporter");
const rosa = person("Rosa", "responder");

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout"] });
  document.title = "Reports · Conducky";
});
afterEach(() => vi.useRealTimers());

const wait = (seconds: number) => act(async () => vi.advanceTimersByTimeAsync(seconds * 1_000));
const asked = () => server.made("GET /news").length;

function setHidden(hidden: boolean) {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(hidden ? "hidden" : "visible");
  fireEvent(document, new Event("visibilitychange"));
}
afterEach(() => vi.restoreAllMocks());

async function openReport(answer = report({})) {
  server.on("GET /reports/42", answer);
  return open("/reports/42", await OneReportPage({ params: Promise.resolve({ id: "42" }) }), reporter);
}

describe("the number of reports with news", () => {
  test("is in the header and in the tab's title, and goes with the last", async () => {
    server.on("GET /reports", page([report({ unread: true }), report({ id: "41", title: "Read" })]));
    server.on("GET /news", { unread: 1, version: "1" });
    open("/reports", <ReportsPage />, reporter);
    expect(await screen.findByRole("link", { name: "Reports 1 with news" })).toBeTruthy();
    expect(screen.getByText("1 report with news").getAttribute("role")).toBe("status");
    await waitFor(() => expect(document.title).toBe("(1) Reports · Conducky"));
    expect(screen.getByRole("link", { name: "New Shouting in the hallway" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "Read" })).toBeTruthy();
    server.on("GET /news", { unread: 0, version: "1" });
    await wait(15);
    expect(await screen.findByRole("link", { name: "Reports" })).toBeTruthy();
    await waitFor(() => expect(document.title).toBe("Reports · Conducky"));
  });

  test("is not counted further than the API does, and stays on the titles that Next sets later", async () => {
    server.on("GET /reports", page([]));
    server.on("GET /news", { unread: 100, version: "1" });
    open("/reports", <ReportsPage />, reporter);
    expect(await screen.findByRole("link", { name: "Reports 99+ with news" })).toBeTruthy();
    document.title = "File a report · Conducky";
    await waitFor(() => expect(document.title).toBe("(100) File a report · Conducky"));
  });

  test("is nobody else's", async () => {
    server.on("GET /reports", page([]));
    server.on("GET /news", { unread: 3, version: "1" });
    open("/reports", <ReportsPage />, reporter);
    await screen.findByRole("link", { name: "Reports 3 with news" });
    server.on("GET /session", { account: account("reporter", "Somebody else") });
    server.on("GET /news", () => new Promise(() => {}));
    fireEvent.focus(window);
    expect(await screen.findByText("Somebody else")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Reports" })).toBeTruthy();
    await waitFor(() => expect(document.title).toBe("Reports · Conducky"));
  });

  test("is not asked for while nobody is signed in", async () => {
    open("/", <h1>Here</h1>);
    await wait(60);
    expect(asked()).toBe(0);
  });
});

describe("asking", () => {
  beforeEach(() => server.on("GET /reports", page([])));

  test("pauses in a hidden tab, and is made up for when it is seen again", async () => {
    open("/reports", <ReportsPage />, reporter);
    await waitFor(() => expect(asked()).toBe(1));
    setHidden(true);
    await wait(600);
    expect(asked()).toBe(1);
    setHidden(false);
    await waitFor(() => expect(asked()).toBe(2));
    await wait(15);
    expect(asked()).toBe(3);
  });

  test("gets ever rarer while it fails, at most five minutes apart, without a word, and recovers", async () => {
    server.away("GET /news");
    open("/reports", <ReportsPage />, reporter);
    await waitFor(() => expect(asked()).toBe(1));
    await wait(29);
    expect(asked()).toBe(1);
    for (const [seconds, times] of [
      [1, 2],
      [60, 3],
      [120, 4],
      [240, 5],
      [300, 6],
      [300, 7],
    ] as const) {
      await wait(seconds);
      expect(asked()).toBe(times);
    }
    expect(screen.queryByText(/cannot be reached/)).toBeNull();
    server.on("GET /news", { unread: 0, version: "1" });
    await wait(300);
    await wait(15);
    expect(asked()).toBe(9);
  });

  test("ends with the session, which leads to signing in", async () => {
    open("/reports", <ReportsPage />, reporter);
    await waitFor(() => expect(asked()).toBe(1));
    server.refuse("GET /news", 401, "Please sign in.");
    server.on("GET /session", { account: null });
    await wait(15);
    await waitFor(() => expect(screen.queryByText("The reporter")).toBeNull());
    const times = asked();
    await wait(600);
    expect(asked()).toBe(times);
  });
});

describe("a list", () => {
  test("shows what has changed, keeps the parts that were loaded and the reader's place", async () => {
    const item = (id: string, more = {}) => report({ id, title: `Report ${id}`, ...more });
    server.on("GET /reports", (_, query) =>
      query.get("before") ? page([item("2"), item("1")], null, 4) : page([item("4"), item("3")], "3", 4),
    );
    const { user } = open("/reports", <ReportsPage />, reporter);
    await user.click(await button("Show more"));
    const last = await screen.findByRole("link", { name: "Report 1" });
    last.focus();
    server.on("GET /news", { unread: 1, version: "2" });
    server.on("GET /reports", page([item("5", { unread: true }), item("4"), item("3", { state: "closed" })], "3", 5));
    await wait(15);
    expect(await screen.findByText("5 reports")).toBeTruthy();
    const titles = within(screen.getByRole("region", { name: "Reports" })).getAllByRole("listitem");
    expect(titles.map((row) => row.querySelector("a")?.textContent)).toEqual([
      "New Report 5",
      "Report 4",
      "Report 3",
      "Report 2",
      "Report 1",
    ]);
    expect(titles[2]?.textContent).toContain("Closed");
    expect(document.activeElement).toBe(last);
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  test("is not asked for where nothing has changed", async () => {
    server.on("GET /reports", page([report()]));
    open("/reports", <ReportsPage />, reporter);
    await screen.findByText("1 report");
    await wait(60);
    expect(server.made("GET /reports")).toHaveLength(1);
  });

  test("is asked for again where that failed", async () => {
    server.on("GET /reports", page([report()]));
    open("/reports", <ReportsPage />, reporter);
    await screen.findByText("1 report");
    server.on("GET /news", { unread: 0, version: "2" });
    server.away("GET /reports");
    await wait(15);
    expect(screen.getByText("1 report")).toBeTruthy();
    server.on("GET /reports", page([report(), report({ id: "41" })]));
    await wait(15);
    expect(await screen.findByText("2 reports")).toBeTruthy();
  });
});

describe("a report", () => {
  const first = event({ id: "1" });
  const answer = event({ id: "2", kind: "commented", text: "We look into it.", actor: rosa });

  test("shows what others did, politely, and leaves a half-typed comment and the focus alone", async () => {
    server.on("PUT /reports/42/read", noContent);
    const { user } = await openReport(report({ timeline: page([first]) }));
    const typing = await field("Comment");
    await user.type(typing, "I also wanted to");
    server.on("GET /news", { unread: 1, version: "2" });
    server.on("GET /reports/42", report({ state: "acknowledged", unread: true, timeline: page([answer, first]) }));
    await wait(15);
    expect(await screen.findByText("We look into it.")).toBeTruthy();
    expect(screen.getByText("Acknowledged")).toBeTruthy();
    expect(screen.getByText("New: Rosa commented.").getAttribute("role")).toBe("status");
    expect((await field("Comment")).value).toBe("I also wanted to");
    expect(document.activeElement).toBe(typing);
    await user.type(typing, " say");
    expect((await field("Comment")).value).toBe("I also wanted to say");
  });

  test("keeps earlier entries that were loaded", async () => {
    const newest = event({ id: "3", kind: "commented", text: "Third", actor: rosa });
    server.on("GET /reports/42/events", page([event({ id: "1", kind: "commented", text: "First" })], null, 2));
    const { user } = await openReport(report({ timeline: page([answer], "2", 2) }));
    await user.click(await button("Show earlier entries"));
    await screen.findByText("First");
    server.on("GET /news", { unread: 0, version: "2" });
    server.on("GET /reports/42", report({ timeline: page([newest, answer], "2", 3) }));
    await wait(15);
    await screen.findByText("Third");
    expect([...document.querySelectorAll(".said")].map((text) => text.textContent)).toEqual([
      "First",
      "We look into it.",
      "Third",
    ]);
    expect(screen.queryByRole("button", { name: "Show earlier entries" })).toBeNull();
  });

  test("an answer from before the reader's own step undoes nothing", async () => {
    const stale = later<object>();
    server.on("PATCH /reports/42", report({ state: "acknowledged" }));
    const { user } = await openReport(report({ moves: ["acknowledged"] }));
    await heading("Shouting in the hallway");
    server.on("GET /news", { unread: 0, version: "2" });
    server.on("GET /reports/42", () => stale.promise);
    await wait(15);
    await user.click(await button("Acknowledge"));
    await act(async () => stale.resolve(report({ state: "submitted" })));
    expect(screen.getByText("Acknowledged")).toBeTruthy();
    // And what it missed is asked for with the next news
    server.on("GET /reports/42", report({ state: "investigating" }));
    await wait(15);
    expect(await screen.findByText("Investigating")).toBeTruthy();
  });

  test("is read when it is seen, up to the newest entry, and the number follows at once", async () => {
    server.on("PUT /reports/42/read", noContent);
    server.on("GET /news", { unread: 1, version: "1" });
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await openReport(report({ unread: true, timeline: page([answer, first]) }));
    await screen.findByText("We look into it.");
    expect(server.made("PUT /reports/42/read")).toEqual([]);
    server.on("GET /news", { unread: 0, version: "1" });
    setHidden(false);
    await waitFor(() => expect(server.made("PUT /reports/42/read").map(({ body }) => body)).toEqual([{ event: "2" }]));
    expect(await screen.findByRole("link", { name: "Reports" })).toBeTruthy();
  });

  test("goes when its reader may not see it any more, and is not asked for again", async () => {
    await openReport(report({ timeline: page([answer, first]) }));
    await screen.findByText("We look into it.");
    server.on("GET /news", { unread: 0, version: "2" });
    server.refuse("GET /reports/42", 404, "There is no such report.");
    await wait(15);
    expect(await heading("There is no such report")).toBeTruthy();
    expect(screen.queryByText("We look into it.")).toBeNull();
    server.on("GET /news", { unread: 0, version: "3" });
    await wait(60);
    expect(server.made("GET /reports/42")).toHaveLength(2);
  });

  test("that has no news writes nothing", async () => {
    await openReport(report({ timeline: page([answer, first]) }));
    await screen.findByText("We look into it.");
    await wait(60);
    expect(server.calls.filter(({ call }) => !call.startsWith("GET"))).toEqual([]);
  });

  test("has its own title in the tab, which goes with it", async () => {
    const { unmount } = await openReport();
    await heading("Shouting in the hallway");
    await waitFor(() => expect(document.title).toBe("Shouting in the hallway · Conducky"));
    unmount();
    expect(document.title).toBe("Reports · Conducky");
  });
});
