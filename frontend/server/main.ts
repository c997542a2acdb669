// The web site's server: sends what does not change from memory, and leaves the rest to Next. With the argument
// --prepare it ends when it could start: the image is built with what Node compiled on the way.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { send } from "./answers.ts";
import { configuredApiUrl } from "./api-url.ts";
import { loadAssets } from "./assets.ts";
import { loadPages } from "./pages.ts";

const folder = join(import.meta.dirname, "..");
const build = join(folder, ".next");
const { PORT = "3000", HOSTNAME = "0.0.0.0", KEEP_ALIVE_TIMEOUT = "65000", APP_REVISION = "unknown" } = process.env;
const apiUrl = configuredApiUrl();
const headers = {
  "X-Revision": APP_REVISION,
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const { pages, notFound, isRendered } = loadPages(build, apiUrl, headers);
const chunk = loadAssets(join(build, "static"), "/_next/static", "public, max-age=31536000, immutable", headers);
// Liveness, for the load balancer and the container
const health = {
  status: 200,
  headers: { "Content-Type": "application/json", "X-Revision": APP_REVISION },
  bodies: { "": Buffer.from(JSON.stringify({ status: "ok", revision: APP_REVISION })) },
};
const publicFile = loadAssets(join(folder, "public"), "", "public, max-age=3600", headers);

// Next's own server.js does the same with the same file
const { config } = JSON.parse(readFileSync(join(build, "required-server-files.json"), "utf8")) as { config: object };
process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);
process.chdir(folder);
const { default: next } = await import("next");
const site = next({ dev: false, dir: folder, hostname: HOSTNAME, port: Number(PORT) });
await site.prepare();
const render = site.getRequestHandler();

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const isRead = request.method === "GET" || request.method === "HEAD";
  // Next's client asks for parts of pages with headers of its own
  const found = isRead && request.headers.rsc === undefined ? (pages.get(path) ?? chunk(path) ?? publicFile(path)) : undefined;
  if (isRead && path === "/health") send(health, request, response);
  else if (found) send(found, request, response);
  else if (isRendered(path) || path.startsWith("/_next/") || !isRead) void render(request, response);
  else send(notFound, request, response);
}

if (process.argv.includes("--prepare")) process.exit(0);

const server = createServer(answer);
server.keepAliveTimeout = Number(KEEP_ALIVE_TIMEOUT);
server.headersTimeout = server.keepAliveTimeout + 1_000;
server.listen(Number(PORT), HOSTNAME);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    // A connection that becomes idle later would be kept as long as the load balancer may
    setInterval(() => server.closeIdleConnections(), 100).unref();
  });
}
