"use client";

import { useCallback } from "react";
import { createApi } from "@/lib/api";
import { useAnswer } from "@/lib/use-answer";
import { FiledAt } from "./filed-at";
import { StateBadge } from "./state-badge";

/** The report a follow-up token is for. */
export function FollowUp({ apiUrl, token }: { apiUrl: string; token: string }) {
  const answer = useAnswer(useCallback(() => createApi(apiUrl).followUp(token), [apiUrl, token]));
  return (
    <section className="card narrow" aria-live="polite" aria-busy={answer.phase === "loading"}>
      {answer.phase === "loading" && <p className="empty">Loading your report…</p>}
      {answer.phase === "error" && <p className="failure">{answer.message}</p>}
      {answer.phase === "ready" && (
        <article>
          <h2>{answer.value.title}</h2>
          <p className="facts">
            <StateBadge state={answer.value.state} />
            <span>
              Filed <FiledAt time={answer.value.createdAt} />
            </span>
          </p>
          <p className="text">{answer.value.description}</p>
        </article>
      )}
    </section>
  );
}
