import { pino } from "pino";
import request from "supertest";
import { describe, expect, test } from "vitest";
import { createApp } from "../src/app.js";
import { serve } from "../src/serve.js";
import { testConfig } from "./support.js";

/** The client's address as it is logged for a request with these headers. */
async function seen(headers: Record<string, string>, overrides: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const lines: string[] = [];
  const application = createApp(testConfig(overrides), pino({}, { write: (line: string) => void lines.push(line) }));
  try {
    await request(application.app).get("/api/nothing").set(headers);
    return (JSON.parse(lines.at(-1) ?? "{}") as { address?: unknown }).address;
  } finally {
    await application.close();
  }
}

const HERE = expect.stringMatching(/^(127\.0\.0\.1|::1)$/);

describe("the client's address", () => {
  test.each([
    ["0", "9.9.9.9, 203.0.113.1", HERE],
    ["1", "9.9.9.9, 203.0.113.1", "203.0.113.1"],
    ["2", "9.9.9.9, 203.0.113.1, 198.51.100.1", "203.0.113.1"],
    ["2", "203.0.113.1", "203.0.113.1"],
    ["1", "9.9.9.9, nonsense", HERE],
    ["1", "", HERE],
    ["1", "203.0.113.1:4711", "203.0.113.1"],
    ["1", "[2001:DB8::0:1]:4711", "2001:db8::1"],
    ["1", "::ffff:203.0.113.1", "203.0.113.1"],
  ])("behind %s proxies with X-Forwarded-For %j is %j", async (proxies, header, address) => {
    expect(await seen({ "X-Forwarded-For": header }, { TRUSTED_PROXIES: proxies })).toEqual(address);
  });

  test.each([
    ["for=203.0.113.1", "203.0.113.1"],
    ['by=10.0.0.1;for="[2001:db8::1]:4711";proto=https', "2001:db8::1"],
    ["for=9.9.9.9, for=203.0.113.1;host=x.example", "203.0.113.1"],
    ['for="9.9.9.9, For=203.0.113.1', "203.0.113.1"],
    ["for=_hidden", HERE],
    ["proto=https", HERE],
    ["proto=https;xfor=9.9.9.9", HERE],
  ])("in the header Forwarded: %s is %j", async (header, address) => {
    expect(await seen({ Forwarded: header }, { CLIENT_ADDRESS_HEADER: "Forwarded" })).toEqual(address);
  });

  test("is only in the header that is configured", async () => {
    const mapped = { CLIENT_ADDRESS_HEADER: "X-Client-Address" };
    expect(await seen({ "X-Client-Address": "203.0.113.1", "X-Forwarded-For": "9.9.9.9" }, mapped)).toBe("203.0.113.1");
    expect(await seen({ "X-Forwarded-For": "9.9.9.9", Forwarded: "for=9.9.9.9" }, mapped)).toEqual(HERE);
    expect(await seen({ Forwarded: "for=9.9.9.9" })).toEqual(HERE);
  });
});

test("with HOST the server listens there and nowhere else", async () => {
  const running = await serve(testConfig({ PORT: "0", HOST: "127.0.0.1" }), pino({ level: "silent" }));
  try {
    expect((await fetch(`http://127.0.0.1:${running.port}/health`)).status).toBe(200);
    await expect(fetch(`http://[::1]:${running.port}/health`)).rejects.toThrow();
  } finally {
    await running.stop();
  }
});
