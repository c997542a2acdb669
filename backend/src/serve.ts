import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createApp } from "./app.js";
import type { Config } from "./config.js";
import { Problem, describeProblem } from "./http/problem.js";

// Longer than the load balancer keeps an idle connection (60 s), else it answers some requests with 502
const KEEP_ALIVE_MS = 65_000;
// For requests that are already on their way over a connection that was kept
const LINGER_MS = 500;

export interface RunningServer {
  port: number;
  /** Finishes the requests under way, takes no new ones and ends the connections to the database. */
  stop: () => Promise<void>;
}

/** Listens on HOST, or every address, once the database answers: nothing is healthy before. Rejects when it cannot, for instance because the port is taken. */
export async function serve(config: Config, log: Logger): Promise<RunningServer> {
  const { app, warmUp, close } = createApp(config, log);
  await warmUp();
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen({ port: config.PORT, host: config.HOST }, (error?: Error) => {
      if (error) reject(error);
      else resolve(listening);
    });
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000;
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseUnreadable(error, socket, config.APP_REVISION);
  });
  const drain = drainConnections(server);
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : config.PORT;
  log.info({ port }, "listening");
  return {
    port,
    async stop() {
      await drain();
      await close();
    },
  };
}

/** Prepares the end: every answer then tells the client to close its connection, and none is cut off. */
function drainConnections(server: Server): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  let draining = false;
  const letGo = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader("Connection", "close");
  };
  server.prependListener("request", (_request, response: ServerResponse) => {
    underWay.add(response);
    response.on("close", () => underWay.delete(response));
    if (draining) letGo(response);
  });
  return async () => {
    draining = true;
    underWay.forEach(letGo);
    const open = await new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
    if (open > 0) await sleep(LINGER_MS);
    const closed = new Promise((resolve) => server.close(resolve));
    // A connection that becomes idle after close() would otherwise be kept for KEEP_ALIVE_MS
    const sweep = setInterval(() => {
      server.closeIdleConnections();
    }, 100);
    await closed;
    clearInterval(sweep);
  };
}

const UNREADABLE: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** The answer to bytes that are not an HTTP request, in the form of every other error. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, revision: string): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new Problem(UNREADABLE[error.code ?? ""] ?? 400);
  const body = describeProblem(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.message}`,
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Revision: ${revision}`,
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
