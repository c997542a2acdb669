"use client";

import type { Status as StatusAnswer } from "@/lib/model";
import { useAnswer } from "@/lib/use-answer";
import { useSession } from "./session";

const describe = ({ revision, database }: StatusAnswer): string =>
  `Revision ${revision} · PostgreSQL ${database.version ?? "unknown"} · Migration ${database.migration ?? "none"}`;

function Running() {
  const { api } = useSession();
  const { answer } = useAnswer(api.status);
  return (
    <footer className="status">
      {answer.phase === "loading" && "Loading…"}
      {answer.phase === "error" && `Status unknown. ${answer.error.message}`}
      {answer.phase === "ready" && describe(answer.value)}
    </footer>
  );
}

/** One line about what is running, for administrators. */
export function Status() {
  const { who } = useSession();
  const account = who.phase === "ready" ? who.value.account : null;
  return account?.role === "administrator" && <Running key={account.id} />;
}
