// @vitest-environment node
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError, createApi, messageOf } from "../lib/api";

const fetched = vi.fn<typeof fetch>();
vi.stubGlobal("fetch", fetched);
afterEach(() => fetched.mockReset());

const json = (body: unknown, status = 200) => Response.json(body, { status });

async function refusal(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error("no ApiError was thrown");
  return error;
}

test.each([
  ["", "/api/status"],
  ["http://api.example", "http://api.example/api/status"],
  ["http://api.example/", "http://api.example/api/status"],
])("asks the API under %j, with the session cookie", async (base, url) => {
  fetched.mockResolvedValue(json({ revision: "r1" }));
  expect(await createApi(base).status()).toEqual({ revision: "r1" });
  expect(fetched).toHaveBeenCalledWith(url, expect.objectContaining({ credentials: "include", cache: "no-store" }));
});

describe("every call", () => {
  const api = createApi("");
  const account = { name: "Ada", email: "ada@example.org", password: "correct horse battery" };
  const incident = { title: "T", description: "D", about: ["7"] };
  const token = { Authorization: "Bearer TOKEN" };
  const typed = { "Content-Type": "application/json" };
  test.each<[string, () => Promise<unknown>, string, object, unknown]>([
    ["GET", () => api.session(), "/api/session", {}, undefined],
    ["POST", () => api.signIn("a@b.example", "x"), "/api/session", typed, { email: "a@b.example", password: "x" }],
    ["DELETE", () => api.signOut(), "/api/session", {}, undefined],
    ["POST", () => api.register(account), "/api/accounts", typed, account],
    ["POST", () => api.register(account, "TOKEN"), "/api/accounts", { ...typed, ...token }, account],
    ["GET", () => api.accounts("42"), "/api/accounts?limit=20&before=42", {}, undefined],
    ["PATCH", () => api.changeAccount("42", { role: "responder" }), "/api/accounts/42", typed, { role: "responder" }],
    ["PATCH", () => api.changeAccount("42", { disabled: true }), "/api/accounts/42", typed, { disabled: true }],
    ["POST", () => api.createReset("42"), "/api/accounts/42/password-reset", {}, undefined],
    ["GET", () => api.passwordReset("TOKEN"), "/api/password-reset", token, undefined],
    [
      "POST",
      () => api.resetPassword("new", "TOKEN"),
      "/api/password-reset",
      { ...typed, ...token },
      { password: "new" },
    ],
    [
      "PUT",
      () => api.changePassword({ current: "old", password: "new" }),
      "/api/password",
      typed,
      { current: "old", password: "new" },
    ],
    ["GET", () => api.sessions(), "/api/sessions", {}, undefined],
    ["DELETE", () => api.signOutEverywhere(), "/api/sessions", {}, undefined],
    ["GET", () => api.responders(), "/api/responders", {}, undefined],
    ["GET", () => api.audit("42"), "/api/audit?limit=20&before=42", {}, undefined],
    ["GET", () => api.invitation("TOKEN"), "/api/invitation", token, undefined],
    ["GET", () => api.invitations(), "/api/invitations?limit=20", {}, undefined],
    ["POST", () => api.acceptInvitation("TOKEN"), "/api/invitation/accept", token, undefined],
    ["POST", () => api.invite("responder", "Ada"), "/api/invitations", typed, { role: "responder", addressee: "Ada" }],
    ["DELETE", () => api.revoke("42"), "/api/invitations/42", {}, undefined],
    ["GET", () => api.news(), "/api/news", {}, undefined],
    ["GET", () => api.reports({ states: "", search: "" }), "/api/reports?limit=20", {}, undefined],
    [
      "GET",
      () => api.reports({ states: "closed", search: "a&b c" }, "42", 60),
      "/api/reports?limit=60&state=closed&search=a%26b+c&before=42",
      {},
      undefined,
    ],
    ["PUT", () => api.noteRead("42", "7"), "/api/reports/42/read", typed, { event: "7" }],
    ["GET", () => api.report("../x"), "/api/reports/..%2Fx", {}, undefined],
    ["GET", () => api.events("42", "7"), "/api/reports/42/events?limit=20&before=7", {}, undefined],
    ["POST", () => api.file(incident), "/api/reports", typed, incident],
    [
      "PATCH",
      () => api.move("42", "closed", "investigating"),
      "/api/reports/42",
      typed,
      { state: "closed", from: "investigating" },
    ],
    ["POST", () => api.comment("42", "Hello"), "/api/reports/42/comments", typed, { text: "Hello" }],
  ])("is as the API wants it: %s %o", async (method, call, url, headers, body) => {
    fetched.mockResolvedValue(json({ ok: true }));
    await call();
    const [asked, init] = fetched.mock.calls[0] ?? [];
    expect([asked, init?.method, init?.headers]).toEqual([url, method, headers]);
    expect(init?.body && JSON.parse(init.body as string)).toEqual(body);
  });
});

test("takes an empty answer for what it is", async () => {
  fetched.mockResolvedValue(new Response(null, { status: 204 }));
  expect(await createApi("").signOut()).toBeUndefined();
});

test("shows what the API says is wrong, and tells of it", async () => {
  const errors = [{ field: "title", message: "The title is missing." }];
  fetched.mockResolvedValue(json({ status: 400, detail: "Some fields are not valid.", errors }, 400));
  const heard = vi.fn();
  const error = await refusal(createApi("", heard).file({ title: "", description: "D", about: [] }));
  expect(error).toMatchObject({
    message: "Some fields are not valid.",
    status: 400,
    fields: { title: "The title is missing." },
  });
  expect(heard).toHaveBeenCalledExactlyOnceWith(error);
});

test("has a sentence for a server that is away, slow, overrun or answers something else", async () => {
  const { status } = createApi("");
  fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  expect(await refusal(status())).toMatchObject({ message: expect.stringMatching(/cannot be reached/), status: 0 });
  fetched.mockRejectedValueOnce(new DOMException("timed out", "TimeoutError"));
  expect((await refusal(status())).message).toMatch(/taking too long/);
  fetched.mockResolvedValueOnce(json({ detail: "Please try again in a minute." }, 429));
  expect((await refusal(status())).message).toBe("Please try again in a minute.");
  fetched.mockResolvedValueOnce(new Response("<h1>429</h1>", { status: 429 }));
  expect((await refusal(status())).message).toMatch(/wait a few minutes/);
  fetched.mockResolvedValueOnce(new Response("<h1>502</h1>", { status: 502 }));
  expect(await refusal(status())).toMatchObject({ message: expect.stringMatching(/could not answer/), status: 502 });
  fetched.mockResolvedValueOnce(new Response("<h1>hello</h1>"));
  expect((await refusal(status())).message).toMatch(/could not answer/);
  expect(messageOf(new Error("internal"))).toMatch(/could not answer/);
});

test("gives up on a server that has not answered in 20 seconds", async () => {
  const waiting = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(waiting.signal);
  fetched.mockResolvedValue(json({}));
  await createApi("").status();
  expect(timeout).toHaveBeenCalledExactlyOnceWith(20_000);
  expect(fetched.mock.calls[0]?.[1]?.signal).toBe(waiting.signal);
});
