// @vitest-environment node
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { send, type Answer } from "../server/answers";
import { loadAssets } from "../server/assets";
import { hashScripts, loadPages, pageOf } from "../server/pages";

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const START = '<!DOCTYPE html><html lang="en" data-api-url="">';
const LONG = "<p>Said again.</p>".repeat(100);
const PAGE = `${START}<script src="/_next/a.js"></script><script>one()</script>${LONG}<script id="x">two()</script></html>`;

test("names each of a page's own scripts by its hash, and no other", () => {
  expect(hashScripts(PAGE)).toBe(`${sha256("one()")} ${sha256("two()")}`);
  expect(hashScripts(`${START}<script data-a="b">\n 1\n</script><script async src="/x.js"></script>`)).toBe(sha256("\n 1\n"));
  expect(hashScripts(START)).toBe("");
});

test("a page's policy allows its own scripts, and calls to the API of this environment", () => {
  const { headers, bodies } = pageOf(PAGE, "https://api.example/below", 200, {});
  const policy = headers["Content-Security-Policy"] ?? "";
  expect(policy).toContain(`script-src 'self' ${sha256("one()")} ${sha256("two()")};`);
  expect(policy).toContain("connect-src 'self' https://api.example;");
  expect(policy).not.toContain("unsafe");
  expect(String(bodies[""])).toContain('data-api-url="https://api.example/below"');
});

test("an address of the API cannot leave its attribute", () => {
  const { bodies } = pageOf(PAGE, 'https://x/"><script>evil()</script>$&', 200, {});
  expect(String(bodies[""])).toContain('data-api-url="https://x/&quot;>&lt;script>evil()&lt;/script>$&amp;"');
});

let folder = "";
let server: Server;
let answer: Answer | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "conducky-site-"));
  mkdirSync(join(folder, "server/app/reports"), { recursive: true });
  const routes = { "/": {}, "/reports/new": {}, "/_not-found": { initialStatus: 404 }, "/_global-error": {} };
  writeFileSync(join(folder, "prerender-manifest.json"), JSON.stringify({ routes }));
  const dynamicRoutes = [{ regex: "^/reports/([^/]+?)(?:/)?$" }];
  const staticRoutes = [{ regex: "^/(?:/)?$" }, { regex: "^/health(?:/)?$" }];
  writeFileSync(join(folder, "routes-manifest.json"), JSON.stringify({ staticRoutes, dynamicRoutes }));
  for (const name of ["index", "reports/new", "_not-found"]) writeFileSync(join(folder, `server/app/${name}.html`), PAGE);
  server = createServer((request, response) => {
    if (answer) send(answer, request, response);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function ask(headers: Record<string, string>, method = "GET") {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { request } = await import("node:http");
  return await new Promise<{ status?: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const asked = request(url, { headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    asked.on("error", reject).end();
  });
}

test("prerendered pages are the server's own, others Next's, and all else is not found", () => {
  const { pages, notFound, isRendered } = loadPages(folder, "", { "X-Revision": "r1" });
  expect([...pages.keys()]).toEqual(["/", "/reports/new"]);
  expect(pages.get("/")?.headers["X-Revision"]).toBe("r1");
  expect(notFound.status).toBe(404);
  expect(["/reports/0199", "/health", "/reports/0199/more", "/elsewhere"].map(isRendered)).toEqual([true, true, false, false]);
});

test.each([
  ["br", "gzip, deflate, br", brotliDecompressSync],
  ["br", "br;q=0.8", brotliDecompressSync],
  ["gzip", "gzip", gunzipSync],
  ["gzip", "br;q=0, gzip;q=0.5", gunzipSync],
  [undefined, "identity", (body: Buffer) => body],
  [undefined, "brotli, xgzip", (body: Buffer) => body],
])("a page comes as %s to who accepts %j", async (encoding, accepted, decode) => {
  answer = pageOf(PAGE, "", 200, {});
  const got = await ask({ "Accept-Encoding": accepted });
  expect([got.status, got.headers["content-encoding"], got.headers["content-length"]]).toEqual([200, encoding, String(got.body.length)]);
  expect(String(decode(got.body))).toBe(PAGE);
  const known = await ask({ "Accept-Encoding": accepted, "If-None-Match": String(got.headers.etag) });
  expect([known.status, known.body.length]).toEqual([304, 0]);
  expect(known.headers["content-security-policy"]).toBe(got.headers["content-security-policy"]);
  const head = await ask({ "Accept-Encoding": accepted }, "HEAD");
  expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, String(got.body.length), 0]);
});

test("a file is sent as it was compressed, and none outside of its folder", async () => {
  const files = join(folder, "static/chunks");
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, "a b.js"), "script()");
  writeFileSync(join(files, "a b.js.br"), brotliCompressSync("compressed()"));
  const asset = loadAssets(join(folder, "static"), "/_next/static", "public, immutable", {});
  answer = asset("/_next/static/chunks/a%20b.js");
  const got = await ask({ "Accept-Encoding": "br" });
  expect(String(brotliDecompressSync(got.body))).toBe("compressed()");
  expect(got.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(got.headers["cache-control"]).toBe("public, immutable");
  for (const path of ["/_next/static/../routes-manifest.json", "/_next/static/%2e%2e/routes-manifest.json", "/", "/_next/static/"])
    expect(asset(path)).toBeUndefined();
});
