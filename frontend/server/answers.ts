import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** An answer that is the same for everybody: its bodies by their encoding ("" for none), and its headers. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  bodies: Partial<Record<"br" | "gzip" | "", Buffer>>;
}

/** Compresses a text once, for all who ask. Gives back the body alone where compressing does not pay. */
export function compress(body: Buffer): Answer["bodies"] {
  if (body.length < 1_000) return { "": body };
  return { br: brotliCompressSync(body), gzip: gzipSync(body, { level: 9 }), "": body };
}

export const etagOf = (body: Buffer): string => `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;

/** Sends an answer in the best encoding that the browser takes; nothing but its headers where it has it already. */
export function send({ status, headers, bodies }: Answer, request: IncomingMessage, response: ServerResponse): void {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const encoding = (["br", "gzip"] as const).find(
    (name) => bodies[name] && new RegExp(`(?:^|,)\\s*${name}\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$))|,|$)`).test(accepted),
  );
  const etag = encoding ? headers.ETag?.replace(/"$/, `-${encoding}"`) : headers.ETag;
  const known = etag !== undefined && request.headers["if-none-match"]?.split(/,\s*/).includes(etag);
  const body = bodies[encoding ?? ""] ?? Buffer.alloc(0);
  response.writeHead(known ? 304 : status, {
    ...headers,
    ...(etag && { ETag: etag }),
    ...(!known && { "Content-Length": body.length }),
    ...(encoding && !known && { "Content-Encoding": encoding }),
  });
  response.end(known || request.method === "HEAD" ? undefined : body);
}
