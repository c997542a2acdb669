import { PrismaPg } from "@prisma/adapter-pg";
import { Pool } from "pg";
import { defineConfig } from "prisma/config";

/** Prisma 6 cannot read a column of Postgres's type `name` (19), which its schema engine asks for: as text (25) it can. */
class TextPool extends Pool {
  async query(...given) {
    const answer = await super.query(...given);
    for (const field of answer.fields ?? []) if (field.dataTypeID === 19) field.dataTypeID = 25;
    return answer;
  }
}

// The schema engine as WebAssembly, through the driver that the server uses too: nothing native is downloaded.
export default defineConfig({
  experimental: { adapter: true },
  engine: "js",
  schema: "prisma/schema.prisma",
  adapter: async () => new PrismaPg(new TextPool({ connectionString: process.env.DATABASE_URL })),
});
