import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const page = await readFile("site/index.html");
const server = createServer((_request, response) => response.writeHead(200, { "content-type": "text/html" }).end(page));
server.listen(process.env.PORT ?? 5000);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
