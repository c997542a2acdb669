import { createServer } from "node:http";
import { Pool } from "pg";

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const server = createServer(async (request, response) => {
  const answer = request.url.startsWith("/api/products") ? await pool.query('SELECT name FROM "Product" ORDER BY id') : null;
  const known = answer !== null || request.url === "/health";
  response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answer?.rows ?? { known }));
});
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
