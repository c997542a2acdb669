import { fail, readConfig } from "./entry.js";
import { createLogger } from "./http/log.js";
import { serve, type RunningServer } from "./serve.js";

// ECS kills a task 30 s after SIGTERM
const STOP_LIMIT_MS = 25_000;

const config = readConfig();
const log = createLogger(config.APP_REVISION);
let running = undefined as RunningServer | undefined;
let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "stopping");
  setTimeout(() => {
    fail(`The backend was stopped with requests unfinished after ${STOP_LIMIT_MS / 1000} s.`);
  }, STOP_LIMIT_MS).unref();
  await running?.stop();
  log.info("stopped");
  if (!running) process.exit();
}
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop(signal));

running = await serve(config, log).catch((error: unknown) =>
  fail(`The backend cannot listen on port ${config.PORT}: ${error instanceof Error ? error.message : "unknown"}.`),
);
