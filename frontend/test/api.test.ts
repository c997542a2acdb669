import { afterEach, expect, test, vi } from "vitest";
import { ApiError, createApi, messageOf } from "../lib/api";

const fetched = vi.fn<typeof fetch>();
vi.stubGlobal("fetch", fetched);
afterEach(() => fetched.mockReset());

const json = (body: unknown, status = 200) => Response.json(body, { status });

async function refusal(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(() => null, (thrown: unknown) => thrown);
  if (!(error instanceof ApiError)) throw new Error("no ApiError was thrown");
  return error;
}

test.each([
  ["", "/api/status"],
  ["http://api.example", "http://api.example/api/status"],
  ["http://api.example/", "http://api.example/api/status"],
])("asks the API under %j, with the session cookie", async (base, url) => {
  fetched.mockResolvedValue(json({ reports: 1 }));
  expect(await createApi(base).status()).toEqual({ reports: 1 });
  expect(fetched).toHaveBeenCalledWith(url, expect.objectContaining({ credentials: "include" }));
});

test("files a report as JSON", async () => {
  fetched.mockResolvedValue(json({ id: "1" }, 201));
  await createApi("").file({ title: "T", description: "D" });
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect([url, init?.method, init?.body]).toEqual(["/api/reports", "POST", '{"title":"T","description":"D"}']);
});

test("sends a follow-up token as a header, never in the address", async () => {
  fetched.mockResolvedValue(json({ id: "1" }));
  await createApi("").followUp("secret");
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect([url, init?.headers]).toEqual(["/api/follow-up", { Authorization: "Bearer secret" }]);
});

test("shows what the API says is wrong", async () => {
  const errors = [{ field: "title", message: "The title is missing." }];
  fetched.mockResolvedValue(json({ status: 400, detail: "Some fields are not valid.", errors }, 400));
  const error = await refusal(createApi("").file({ title: "", description: "D" }));
  expect([error.message, error.fields]).toEqual(["Some fields are not valid.", { title: "The title is missing." }]);
});

test("has a sentence for a server that is away or answers something else", async () => {
  fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  expect((await refusal(createApi("").status())).message).toMatch(/^The server cannot be reached/);
  fetched.mockResolvedValueOnce(new Response("<h1>502</h1>", { status: 502 }));
  expect((await refusal(createApi("").status())).message).toMatch(/^The server could not answer/);
  fetched.mockResolvedValueOnce(new Response("<h1>hello</h1>"));
  expect((await refusal(createApi("").status())).message).toMatch(/^The server could not answer/);
  expect(messageOf(new Error("internal"))).toMatch(/^The server could not answer/);
});
