import { NextResponse } from "next/server";

/** Says on every page which revision made it. */
export function proxy() {
  const response = NextResponse.next();
  response.headers.set("X-Revision", process.env.APP_REVISION ?? "unknown");
  return response;
}

export const config = { matcher: "/((?!_next/static).*)" };
