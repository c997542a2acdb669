// What every API of this kind costs at least: Express and pg, one query, nothing else. Runs in the backend's image.
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const express = require("express");
const pg = require("pg");
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

const LIST = `
  SELECT r.id, r.title, r.state, r.created_at AS "createdAt", r.updated_at AS "updatedAt",
         json_build_object('id', a.id, 'name', a.name, 'role', a.role) AS reporter
  FROM reports r JOIN accounts a ON a.id = r.reporter_id ORDER BY r.id DESC LIMIT 20`;

const app = express();
app.get("/health", (_request, response) => response.json({ status: "ok" }));
app.get("/api/reports", async (_request, response) => {
  const { rows } = await pool.query({ name: "list", text: LIST });
  response.json({ items: rows });
});
app.listen({ port: Number(process.env.PORT), host: process.env.HOST });
