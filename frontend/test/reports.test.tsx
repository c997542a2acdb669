import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import NewReportPage from "../app/reports/new/page";
import ReportsPage from "../app/reports/page";
import type { Page, ReportItem } from "../lib/model";
import { address, history } from "./navigation";
import { account, alert, button, field, heading, later, open, page, person, report, server } from "./support";

const reporter = account("reporter");
const numbered = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => report({ id: `${first + index}`, title: `Report ${first + index}` }));

describe("the list", () => {
  test("shows a reporter their own, with state and time", async () => {
    server.on("GET /reports", page([report({ state: "acknowledged", updatedAt: "2026-11-26T09:00:00.000Z" })]));
    open("/reports", <ReportsPage />, reporter);
    expect(await heading("Your reports")).toBeTruthy();
    const row = (await screen.findByRole("link", { name: "Shouting in the hallway" })).closest("li") as HTMLElement;
    expect(within(row).getByText("Acknowledged")).toBeTruthy();
    expect(row.textContent).toMatch(/^Shouting in the hallwayAcknowledgedFiled .* · last change /);
    expect(within(row).getByRole("link").getAttribute("href")).toBe("/reports/42");
    expect(screen.getByText("1 report")).toBeTruthy();
  });

  test("shows a responder everybody's, with names", async () => {
    server.on("GET /reports", page([report()]));
    open("/reports", <ReportsPage />, account("responder"));
    expect(await heading("Reports")).toBeTruthy();
    expect((await screen.findByRole("listitem")).textContent).toContain("Remy · Filed");
  });

  test.each([
    ["/reports", "reporter", /You have not filed a report yet/, "/reports/new"],
    ["/reports", "responder", /Nobody has filed a report yet. New ones appear here/, undefined],
    ["/reports", "administrator", /Nobody has filed a report yet. Until then/, "/members"],
    ["/reports?state=closed", "reporter", /There is no report in this state/, "/reports"],
    ["/reports?search=duck", "responder", /There is no report with these words/, "/reports"],
  ] as const)("says at %s to a %s that there is none", async (path, role, message, way) => {
    server.on("GET /reports", page([]));
    open(path, <ReportsPage />, account(role));
    const empty = (await screen.findByText(message)).closest("div") as HTMLElement;
    expect(within(empty).queryByRole("link")?.getAttribute("href")).toBe(way);
    expect(screen.getByText("0 reports")).toBeTruthy();
  });

  test("says that it is loading, then what went wrong, and tries again", async () => {
    const answer = later<object>();
    server.on("GET /reports", () => answer.promise);
    const { user } = open("/reports", <ReportsPage />, reporter);
    expect(await screen.findByText("Loading…")).toBeTruthy();
    await act(async () => answer.resolve(Response.json({ detail: "The database is away." }, { status: 503 })));
    expect((await alert()).textContent).toContain("The database is away.");
    server.on("GET /reports", page([report()]));
    await user.click(await button("Try again"));
    expect(await screen.findByText("1 report")).toBeTruthy();
    expect(document.activeElement).toBe(await heading("Your reports"));
  });
});

describe("the filter", () => {
  test("is part of the address, and asks for what it says", async () => {
    server.on("GET /reports", (_, query) => page(query.get("state") === "closed" ? [report({ title: "Old" })] : []));
    const { user } = open("/reports", <ReportsPage />, reporter);
    await screen.findByText(/not filed a report yet/);
    await user.click(screen.getByRole("link", { name: "Closed" }));
    expect(await screen.findByText("Old")).toBeTruthy();
    expect(history()).toEqual(["/reports", "/reports?state=closed"]);
    expect(screen.getByRole("link", { name: "Closed" }).getAttribute("aria-current")).toBe("true");
    expect(screen.getByRole("link", { name: "All" }).getAttribute("aria-current")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("link", { name: "Closed" }));
  });

  test.each([
    ["submitted,acknowledged,investigating", "limit=20&state=submitted%2Cacknowledged%2Cinvestigating"],
    ["closed,nonsense", "limit=20&state=closed"],
    ["nonsense", "limit=20"],
  ])("asks for the states it knows of %s", async (states, query) => {
    server.on("GET /reports", page([]));
    open(`/reports?state=${states}`, <ReportsPage />, reporter);
    await waitFor(() => expect(server.made("GET /reports").map((call) => call.query)).toEqual([query]));
  });

  test("drops a late answer to the former one", async () => {
    const slow = later<Page<ReportItem>>();
    server.on("GET /reports", (_, query) => (query.get("state") ? page([]) : slow.promise));
    const { user } = open("/reports", <ReportsPage />, reporter);
    await user.click(await screen.findByRole("link", { name: "Closed" }));
    await screen.findByText(/There is no report in this state/);
    await act(async () => slow.resolve(page([report({ title: "Late" })])));
    expect(screen.queryByText("Late")).toBeNull();
  });
});

describe("the age of a report", () => {
  test.each([
    [20, "just now"],
    [61, "1 minute ago"],
    [3_599, "59 minutes ago"],
    [7_300, "2 hours ago"],
    [90_000, "yesterday"],
    [3 * 86_400, "3 days ago"],
    [62 * 86_400, "2 months ago"],
    [800 * 86_400, "2 years ago"],
  ])("of %d seconds is %s, with the time in its title", async (seconds, words) => {
    const createdAt = new Date(Date.now() - seconds * 1_000).toISOString();
    server.on("GET /reports", page([report({ createdAt, updatedAt: createdAt })]));
    open("/reports", <ReportsPage />, reporter);
    const time = await screen.findByText(words);
    expect([time.tagName, time.getAttribute("datetime")]).toEqual(["TIME", createdAt]);
    expect(time.title).toMatch(/^\d{1,2} \w+ \d{4}, \d\d:\d\d$/);
  });
});

describe("the search", () => {
  test("is part of the address beside the filter, and asks for what it says", async () => {
    server.on("GET /reports", (_, query) => page(query.get("search") ? [report({ title: "Found" })] : []));
    const { user } = open("/reports?state=closed", <ReportsPage />, reporter);
    await user.type(await screen.findByRole("searchbox"), " loud & clear ");
    await user.click(await button("Search"));
    expect(await screen.findByText("Found")).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Search");
    expect(address()).toBe("/reports?state=closed&search=loud+%26+clear");
    expect(server.made("GET /reports").at(-1)?.query).toBe("limit=20&state=closed&search=loud+%26+clear");
    await user.click(screen.getByRole("link", { name: "All" }));
    expect(address()).toBe("/reports?search=loud+%26+clear");
    expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("loud & clear");
  });

  test("keeps what is typed as soon as the field is there", async () => {
    server.on("GET /reports", page([]));
    const typed = new MutationObserver(() => {
      const field = document.querySelector<HTMLInputElement>("#search");
      if (!field) return;
      typed.disconnect();
      field.value = "goose";
    });
    typed.observe(document.body, { childList: true, subtree: true });
    open("/reports?search=duck", <ReportsPage />, reporter);
    await screen.findByText(/There is no report/);
    expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("goose");
  });

  test("of nothing shows everything", async () => {
    server.on("GET /reports", page([]));
    const { user } = open("/reports?search=duck", <ReportsPage />, reporter);
    await user.clear(await screen.findByRole("searchbox"));
    await user.click(await button("Search"));
    expect(address()).toBe("/reports");
  });
});

describe("a list of several parts", () => {
  test("shows more on demand, and puts the reader at the first that is new", async () => {
    const more = later<Page<ReportItem>>();
    server.on("GET /reports", (_, query) =>
      query.get("before") === "3" ? more.promise : page(numbered(1, 3), "3", 5),
    );
    const { user } = open("/reports", <ReportsPage />, reporter);
    expect(await screen.findByText("3 of 5 reports")).toBeTruthy();
    await user.dblClick(await button("Show more"));
    await act(async () => more.resolve(page(numbered(4, 2), null, 5)));
    expect(await screen.findByText("5 reports")).toBeTruthy();
    expect(server.made("GET /reports")).toHaveLength(2);
    expect(document.activeElement?.textContent).toBe("Report 4");
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  test("keeps what is there when the next part fails, and can try again", async () => {
    server.on("GET /reports", (_, query) => {
      if (query.get("before")) throw new TypeError("Failed to fetch");
      return page(numbered(1, 3), "3", 5);
    });
    const { user } = open("/reports", <ReportsPage />, reporter);
    await user.click(await button("Show more"));
    expect((await alert()).textContent).toMatch(/cannot be reached/);
    expect(screen.getByText("3 of 5 reports")).toBeTruthy();
    server.on("GET /reports", page(numbered(4, 2), null, 5));
    await user.click(await button("Show more"));
    expect(await screen.findByText("5 reports")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("filing a report", () => {
  async function fill(user: ReturnType<typeof open>["user"]) {
    await user.type(await field("Title"), " Shouting ");
    await user.type(await field("What happened?"), "In the hallway");
  }

  test("sends it once, however often the button is pressed, and leads to it", async () => {
    const answer = later<object>();
    server.on("POST /reports", () => answer.promise);
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await fill(user);
    await user.dblClick(await button("File report"));
    await user.type(await field("Title"), "{Enter}");
    expect((await button("One moment…")).getAttribute("aria-disabled")).toBe("true");
    await act(async () => answer.resolve(report()));
    expect(server.made("POST /reports").map(({ body }) => body)).toEqual([
      { title: "Shouting", description: "In the hallway", about: [] },
    ]);
    expect(history()).toEqual(["/reports/42"]);
    // Still blocked: the next page is not there yet
    await user.click(await button("One moment…"));
    expect(server.made("POST /reports")).toHaveLength(1);
  });

  describe("about one of the people who handle reports", () => {
    const responders = { items: [person("Ada", "administrator"), person("Rosa", "responder")] };

    test("keeps it from those who are ticked", async () => {
      server.on("GET /responders", responders);
      server.on("POST /reports", report());
      const { user } = open("/reports/new", <NewReportPage />, reporter);
      await fill(user);
      await user.click(await screen.findByLabelText("Ada (administrator)"));
      await user.click(screen.getByLabelText("Rosa (responder)"));
      await user.click(screen.getByLabelText("Ada (administrator)"));
      await user.click(await button("File report"));
      await waitFor(() => expect(address()).toBe("/reports/42"));
      expect(server.made("POST /reports").map(({ body }) => body.about)).toEqual([["id-of-Rosa"]]);
    });

    test("is not asked of the only one who handles them, about themselves", async () => {
      const rosa = account("responder", "Rosa");
      server.on("GET /responders", { items: [{ id: rosa.id, name: "Rosa", role: "responder" }] });
      open("/reports/new", <NewReportPage />, rosa);
      await field("Title");
      expect(screen.queryByRole("group")).toBeNull();
    });

    test("says when those cannot be shown, and what is wrong with a choice", async () => {
      server.away("GET /responders");
      const { user } = open("/reports/new", <NewReportPage />, reporter);
      await screen.findByText(/cannot be reached/);
      server.on("GET /responders", responders);
      await user.click(await button("Try again"));
      await fill(user);
      await user.click(await screen.findByLabelText("Rosa (responder)"));
      const message = "These are not responders.";
      server.refuse("POST /reports", 400, message, [{ field: "about", message }]);
      await user.click(await button("File report"));
      expect(await screen.findByText(message)).toBeTruthy();
    });
  });

  test("says at each field what is missing, and goes to the first", async () => {
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await user.click(await button("File report"));
    expect((await alert()).textContent).toMatch(/^Nothing was sent yet/);
    expect(screen.getByText("Please describe what happened.")).toBeTruthy();
    expect(document.activeElement).toBe(await field("Title"));
    expect((await field("Title")).getAttribute("aria-describedby")).toMatch(/-hint .*-error$/);
    expect(server.made("POST /reports")).toEqual([]);
  });

  test("shows the API's word at the right field", async () => {
    server.refuse("POST /reports", 400, "Not valid.", [{ field: "description", message: "It is too long." }]);
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await fill(user);
    await user.click(await button("File report"));
    await screen.findByText("It is too long.");
    const description = await field("What happened?");
    expect(document.activeElement).toBe(description);
    expect(description.getAttribute("aria-invalid")).toBe("true");
    expect((await field("Title")).getAttribute("aria-invalid")).toBe("false");
  });

  test.each<[string, () => void, RegExp]>([
    ["the server is away", () => server.away("POST /reports"), /cannot be reached/],
    [
      "it was too often",
      () => server.refuse("POST /reports", 429, "Please try again in a minute."),
      /again in a minute/,
    ],
  ])("loses nothing when %s, and can be sent again", async (_, fail, message) => {
    fail();
    const { user } = open("/reports/new", <NewReportPage />, reporter);
    await fill(user);
    await user.click(await button("File report"));
    expect((await alert()).textContent).toMatch(message);
    expect(document.activeElement).toBe(await alert());
    expect((await field("What happened?")).value).toBe("In the hallway");
    server.on("POST /reports", report());
    await user.click(await button("File report"));
    await waitFor(() => expect(address()).toBe("/reports/42"));
  });
});
