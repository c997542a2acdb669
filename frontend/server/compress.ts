// Run by `npm run build`: compresses what browsers load, as well as it goes, so that no task does it for each request.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { COMPRESSED } from "./assets.ts";

const folder = join(import.meta.dirname, "../.next/static");
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(css|js|json|svg|txt)$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const body = readFileSync(file);
  writeFileSync(file + COMPRESSED.br, brotliCompressSync(body));
  writeFileSync(file + COMPRESSED.gzip, gzipSync(body, { level: 9 }));
}
