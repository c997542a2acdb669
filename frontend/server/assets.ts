import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { etagOf, type Answer } from "./answers.ts";

export const COMPRESSED = { br: ".br", gzip: ".gz" } as const;

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** The files of a folder under the address `prefix`; each is read when somebody first asks for it. */
export function loadAssets(folder: string, prefix: string, cacheControl: string, headers: Record<string, string>) {
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const paths = new Map(files.map((file) => [encodeURI(prefix + file.slice(folder.length).split(sep).join("/")), file]));
  const answers = new Map<string, Answer>();

  const load = (file: string): Answer => {
    const body = readFileSync(file);
    const bodies: Answer["bodies"] = { "": body };
    for (const encoding of ["br", "gzip"] as const) {
      const compressed = file + COMPRESSED[encoding];
      if (existsSync(compressed)) bodies[encoding] = readFileSync(compressed);
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    const own = { "Content-Type": type, "Cache-Control": cacheControl, Vary: "Accept-Encoding", ETag: etagOf(body) };
    return { status: 200, bodies, headers: { ...headers, ...own } };
  };

  return (path: string): Answer | undefined => {
    const file = paths.get(path);
    if (file === undefined) return undefined;
    const answer = answers.get(path) ?? load(file);
    answers.set(path, answer);
    return answer;
  };
}
