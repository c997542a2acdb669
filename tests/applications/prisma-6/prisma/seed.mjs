import { Client } from "pg";

const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
for (const name of ["tea", "coffee"]) {
  await client.query('INSERT INTO "Product" (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', [name]);
}
await client.end();
