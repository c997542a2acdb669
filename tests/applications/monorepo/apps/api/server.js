import { createServer } from "node:http";
import { greeting } from "greeting";

const routes = { "/health": "well", "/graphql": greeting("the API"), "/api/greeting": greeting(process.env.GREETER ?? "the API") };
const server = createServer((request, response) => {
  const answer = routes[request.url];
  response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answer ?? null));
});
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
