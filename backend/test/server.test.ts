import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { JWT_SECRET, SESSION_SECRET, environment, tokenOf, type ReportBody } from "./support.js";

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

/** The built server in a process of its own, with everything it prints. */
function start(overrides: NodeJS.ProcessEnv) {
  const { PATH, NODE_EXTRA_CA_CERTS } = process.env;
  const child = spawn(process.execPath, ["dist/server.js"], {
    env: { PATH, NODE_EXTRA_CA_CERTS, ...environment(), ...overrides },
  });
  running.add(child);
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (printed.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed.stderr += chunk.toString()));
  return { child, printed, exit: once(child, "close") as Promise<[number | null, string | null]> };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const ok = await fetch(url).then((response) => response.ok, () => false);
    if (ok) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within 10 s`);
}

describe("the server process", () => {
  test.each(["DATABASE_URL", "JWT_SECRET", "SESSION_SECRET", "FRONTEND_BASE_URL", "CORS_ORIGIN"])(
    "ends with one sentence when %s is missing",
    async (name) => {
      const { printed, exit } = start({ [name]: "" });
      expect(await exit).toEqual([1, null]);
      expect(printed.stderr).toBe(`The backend cannot start because of its environment: ${name} is not set.\n`);
      expect(printed.stdout).toBe("");
    },
  );

  test("ends with one sentence when its port is taken", async () => {
    const taken = createServer().listen(0);
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { printed, exit } = start({ PORT: String(port) });
    expect(await exit).toEqual([1, null]);
    expect(printed.stderr).toMatch(new RegExp(`^The backend cannot listen on port ${port}: .*EADDRINUSE.*\\.\n$`));
    taken.close();
  });

  test("finishes the request under way on SIGTERM, exits 0, and logs nothing private", async () => {
    const port = await freePort();
    const { child, printed, exit } = start({ PORT: String(port) });
    await answering(`http://127.0.0.1:${port}/ready`);

    const incident = JSON.stringify({ title: "Private title", description: "Private description" });
    const headers = { "content-type": "application/json", "content-length": incident.length };
    const slow = httpRequest({ port, host: "127.0.0.1", path: "/api/reports", method: "POST", headers });
    slow.write(incident.slice(0, 10));
    await sleep(300);
    child.kill("SIGTERM");
    await sleep(300);
    slow.end(incident.slice(10));
    const [response] = (await once(slow, "response")) as [AsyncIterable<Buffer> & { statusCode: number }];
    let body = "";
    for await (const chunk of response) body += chunk.toString();
    expect(response.statusCode).toBe(201);
    expect(await exit).toEqual([0, null]);

    const report = JSON.parse(body) as ReportBody;
    expect(printed.stdout).toContain('"path":"/api/reports"');
    const everything = printed.stdout + printed.stderr;
    for (const secret of ["Private", tokenOf(report), JWT_SECRET, SESSION_SECRET, process.env.DATABASE_URL ?? "?"]) {
      expect(everything).not.toContain(secret);
    }
  });
});
