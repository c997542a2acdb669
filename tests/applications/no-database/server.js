// A backend that keeps nothing: it answers on a port of its own, whatever PORT says.
const { createServer } = require("node:http");

const server = createServer((request, response) => {
  const known = request.url === "/api/health" || request.url.startsWith("/api/rates");
  response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify({ path: request.url, provider: process.env.RATES_PROVIDER, hasKey: Boolean(process.env.RATES_API_KEY) }));
});
server.listen(8000);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
