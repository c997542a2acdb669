import type { Server } from "node:http";
import { createApp } from "./app.js";
import { ConfigError, loadConfig } from "./config.js";
import { createLogger } from "./log.js";

// Longer than the load balancer keeps an idle connection (60 s), else it answers some requests with 502
const KEEP_ALIVE_MS = 65_000;
// ECS kills a task 30 s after SIGTERM
const STOP_LIMIT_MS = 25_000;

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Finishes the requests under way and takes no new ones. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that becomes idle after close() would otherwise be kept for KEEP_ALIVE_MS
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, 100);
  await closed;
  clearInterval(sweep);
}

function readConfig() {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
}

const config = readConfig();
const log = createLogger(config.APP_REVISION);
const { app, close } = createApp(config, log);

const server = app.listen(config.PORT, (error?: Error) => {
  if (error) fail(`The backend cannot listen on port ${config.PORT}: ${error.message}.`);
  log.info({ port: config.PORT }, "listening");
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.headersTimeout = KEEP_ALIVE_MS + 1_000;

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "stopping");
  setTimeout(() => {
    fail(`The backend was stopped with requests unfinished after ${STOP_LIMIT_MS / 1000} s.`);
  }, STOP_LIMIT_MS).unref();
  await closeServer(server);
  await close();
  log.info("stopped");
}
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop(signal));
