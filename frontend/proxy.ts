import { NextResponse, type NextRequest } from "next/server";
import { configuredApiUrl } from "@/lib/api-url";
import { contentSecurityPolicy } from "@/lib/content-security-policy";

/** Says on every page which revision made it, and what it may load. Next gives its scripts the nonce it finds here. */
export function proxy(request: NextRequest) {
  const policy = contentSecurityPolicy(
    Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64"),
    configuredApiUrl(),
    process.env.NODE_ENV === "development",
  );
  const headers = new Headers(request.headers);
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  response.headers.set("X-Revision", process.env.APP_REVISION ?? "unknown");
  return response;
}

export const config = { matcher: "/((?!_next/static).*)" };
