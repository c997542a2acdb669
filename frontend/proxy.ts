import { NextResponse, type NextRequest } from "next/server";
import { configuredApiUrl } from "@/server/api-url";
import { contentSecurityPolicy } from "@/server/content-security-policy";

/**
 * Says on every page that is rendered for a request (server/pages.ts does on the others) which revision made it, and what
 * it may load: scripts that carry the nonce and those they load. Next gives its scripts the nonce it finds here.
 */
export function proxy(request: NextRequest) {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
  const development = process.env.NODE_ENV === "development";
  const policy = contentSecurityPolicy(`'nonce-${nonce}' 'strict-dynamic'`, configuredApiUrl(), development);
  const headers = new Headers(request.headers);
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  response.headers.set("X-Revision", process.env.APP_REVISION ?? "unknown");
  return response;
}

export const config = { matcher: "/((?!_next/static).*)" };
