"use client";

import type { Status as StatusAnswer } from "@/lib/model";
import { useSession } from "./session";

const describe = ({ revision, database }: StatusAnswer): string =>
  `Revision ${revision} · PostgreSQL ${database.version ?? "unknown"} · Migration ${database.migration ?? "none"}`;

/** One line about what is running, as the API reads it from Postgres. */
export function Status() {
  const { status } = useSession();
  return (
    <footer id="status" className="status" data-phase={status.phase}>
      {status.phase === "loading" && "Asking the server…"}
      {status.phase === "error" && `Status unknown. ${status.error.message}`}
      {status.phase === "ready" && describe(status.value)}
    </footer>
  );
}
