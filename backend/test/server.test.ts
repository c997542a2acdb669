import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { JWT_SECRET, PASSWORD, SESSION_SECRET, environment } from "./support.js";

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
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within 10 s`);
}

/** Registers somebody at a server process; their session cookie. */
async function signUp(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/accounts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Sam", email: `sam-${port}-${Date.now()}@example.org`, password: PASSWORD }),
  });
  expect(response.status).toBe(201);
  // express-session sends all but the last byte before it has stored the session
  await response.arrayBuffer();
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

describe("the server process", () => {
  test.each(["DATABASE_URL", "JWT_SECRET", "SESSION_SECRET", "FRONTEND_BASE_URL", "CORS_ORIGIN"])(
    "ends with one line when %s is missing",
    async (name) => {
      const { printed, exit } = start({ [name]: "" });
      expect(await exit).toEqual([1, null]);
      expect(printed.stderr).toBe(`The backend cannot start because of its environment: ${name} is not set.\n`);
      expect(printed.stdout).toBe("");
    },
  );

  test("ends with one line when its port is taken", async () => {
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
    const cookie = await signUp(port);

    const incident = JSON.stringify({ title: "Private title", description: "Private description" });
    const headers = { "content-type": "application/json", "content-length": incident.length, cookie };
    const slow = httpRequest({ port, host: "127.0.0.1", path: "/api/reports", method: "POST", headers });
    slow.write(incident.slice(0, 10));
    await sleep(300);
    child.kill("SIGTERM");
    await sleep(1_000);
    slow.end(incident.slice(10));
    const [response] = (await once(slow, "response")) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([201, "close"]);
    response.resume();
    expect(await exit).toEqual([0, null]);

    expect(printed.stdout).toContain('"path":"/api/reports"');
    const everything = printed.stdout + printed.stderr;
    const secrets = ["Private", PASSWORD, cookie.slice(20, 60), JWT_SECRET, SESSION_SECRET, process.env.DATABASE_URL];
    for (const secret of secrets) expect(everything).not.toContain(secret ?? "?");
  });

  test("loses no request to SIGTERM under load", async () => {
    const port = await freePort();
    const { child, exit } = start({ PORT: String(port) });
    await answering(`http://127.0.0.1:${port}/ready`);
    const cookie = await signUp(port);
    const answers: (number | undefined)[] = [];
    const failures: unknown[] = [];

    /** One kept connection, asked over and over until the server lets go of it. */
    async function keepAsking(path: string): Promise<void> {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let kept = true; kept;) {
        const asked = httpRequest({ port, host: "127.0.0.1", path, agent, headers: { cookie } }).end();
        try {
          const [response] = (await once(asked, "response")) as [IncomingMessage];
          response.resume();
          await once(response, "end");
          answers.push(response.statusCode);
          kept = response.headers.connection !== "close";
        } catch (error) {
          failures.push(error);
          kept = false;
        }
      }
    }

    const asking = Array.from({ length: 12 }, (_, index) => keepAsking(index % 2 === 0 ? "/api/reports" : "/health"));
    while (answers.length < 100 && failures.length === 0) await sleep(10);
    child.kill("SIGTERM");
    await Promise.all(asking);
    expect(failures).toEqual([]);
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await exit).toEqual([0, null]);
  });
});

describe("the connection to the database", () => {
  test.each([
    ["an authority that is not RDS's", ""],
    ["the authorities of RDS, which did not sign it", "rds-ca.pem"],
  ])("is refused when the certificate is by %s", async (_case, bundle) => {
    const folder = mkdtempSync(join(tmpdir(), "conducky-ca-"));
    try {
      spawnSync(process.execPath, ["scripts/write-rds-ca.mjs", folder]);
      const port = await freePort();
      const certificates = { NODE_EXTRA_CA_CERTS: bundle && join(folder, bundle) };
      const { child, printed, exit } = start({ PORT: String(port), ...certificates });
      await vi.waitFor(() => {
        expect(printed.stdout).toContain('"msg":"waiting for the database"');
      }, 10_000);
      await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
      child.kill("SIGTERM");
      expect(await exit).toEqual([0, null]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
