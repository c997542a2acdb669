export const dynamic = "force-dynamic";

/** Liveness, for the load balancer and the container. */
export function GET() {
  return Response.json({ status: "ok", revision: process.env.APP_REVISION ?? "unknown" });
}
