import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { serve, type RunningServer } from "../src/serve.js";
import { testConfig } from "./support.js";

const quiet = pino({ level: "silent" });

async function serving(use: (running: RunningServer) => Promise<void>): Promise<void> {
  const running = await serve(testConfig({ PORT: "0" }), quiet);
  try {
    await use(running);
  } finally {
    await running.stop();
  }
}

test.each([
  ["nothing of HTTP", "hello\r\n\r\n", 400],
  ["headers that are too large", `GET /health HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
])("%s is answered with a problem that names the revision", (_case, sent, status) =>
  serving(async ({ port }) => {
    const socket = connect(port, "127.0.0.1");
    socket.write(sent);
    let received = "";
    for await (const chunk of socket) received += String(chunk);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(received).toContain("X-Revision: r1\r\n");
    expect(JSON.parse(received.split("\r\n\r\n")[1] ?? "")).toMatchObject({ type: "about:blank", status });
  }),
);

test("a taken port is refused, and leaves nothing open", () =>
  serving(async ({ port }) => {
    await expect(serve(testConfig({ PORT: String(port) }), quiet)).rejects.toThrow("EADDRINUSE");
  }));

test("the end waits for the request under way and lets go of kept connections", async () => {
  const running = await serve(testConfig({ PORT: "0" }), quiet);
  const agent = new Agent({ keepAlive: true });
  const call = (path: string, method = "GET", headers: Record<string, string | number> = {}) =>
    httpRequest({ host: "127.0.0.1", port: running.port, path, agent, method, headers });
  const kept = call("/health").end();
  const [before] = (await once(kept, "response")) as [IncomingMessage];
  before.resume();
  expect(before.headers.connection).toBe("keep-alive");

  const body = JSON.stringify({ email: "ada@example.org", password: "wrong" });
  const headers = { "content-type": "application/json", "content-length": body.length };
  const slow = call("/api/session", "POST", headers);
  slow.write(body.slice(0, 5));
  await sleep(100);
  let ended = false;
  const stopped = running.stop().then(() => (ended = true));
  await sleep(700);
  expect(ended).toBe(false);
  slow.end(body.slice(5));
  const [answer] = (await once(slow, "response")) as [IncomingMessage];
  answer.resume();
  expect([answer.statusCode, answer.headers.connection]).toEqual([401, "close"]);
  await stopped;
  await expect(fetch(`http://127.0.0.1:${running.port}/health`)).rejects.toThrow();
});

test("listens once the database answers, over connections that are open already", async () => {
  const database = new URL(process.env.DATABASE_URL ?? "");
  const realPort = Number(database.port);
  let isUp = false;
  let opened = 0;
  const relay = createTcpServer((client) => {
    if (!isUp) {
      client.destroy();
      return;
    }
    opened += 1;
    const server = connect(realPort, database.hostname);
    client.pipe(server).pipe(client);
    for (const [socket, other] of [[client, server], [server, client]] as const) socket.on("error", () => other.destroy());
  }).listen(0);
  await once(relay, "listening");
  database.port = String((relay.address() as AddressInfo).port);
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  let running: RunningServer | undefined;
  const starting = serve(testConfig({ PORT: "0", DATABASE_URL: database.href }), log).then((it) => (running = it));
  await vi.waitFor(() => {
    expect(lines.join("")).toContain("waiting for the database");
  }, 10_000);
  expect(running).toBeUndefined();
  isUp = true;
  const { port, stop } = await starting;
  expect(opened).toBeGreaterThan(1);
  const before = opened;
  expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
  expect(opened).toBe(before);
  await stop();
  relay.close();
});
