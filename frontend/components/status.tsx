"use client";

import { useCallback } from "react";
import { createApi, type Status as StatusAnswer } from "@/lib/api";
import { useAnswer } from "@/lib/use-answer";

function describe({ revision, database, reports }: StatusAnswer): string {
  return [
    `Revision ${revision}`,
    `PostgreSQL ${database.version ?? "unknown"}`,
    `Migration ${database.migration ?? "none"}`,
    `${reports} ${reports === 1 ? "report" : "reports"} in all`,
  ].join(" · ");
}

/** One line about what is running, as the API reads it from Postgres; asked again when `filed` changes. */
export function Status({ apiUrl, filed = 0 }: { apiUrl: string; filed?: number }) {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a report filed here changes the answer
  const ask = useCallback(() => createApi(apiUrl).status(), [apiUrl, filed]);
  const answer = useAnswer(ask);
  return (
    <footer id="status" className="status" role="status" data-phase={answer.phase}>
      {answer.phase === "loading" && "Asking the server…"}
      {answer.phase === "error" && `Status unknown. ${answer.message}`}
      {answer.phase === "ready" && describe(answer.value)}
    </footer>
  );
}
