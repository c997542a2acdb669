import { createServer } from "node:http";
import { greeting } from "greeting";

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end(`<!doctype html><title>Web</title><p>${greeting("the web")}, with ${process.env.API_URL}</p>`);
});
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
