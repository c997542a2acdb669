import type { Report } from "@/lib/api";
import type { Answer } from "@/lib/use-answer";
import { FiledAt } from "./filed-at";
import { StateBadge } from "./state-badge";

/** The reports this browser filed, newest first. */
export function ReportList({ answer }: { answer: Answer<Report[]> }) {
  return (
    <section className="card" aria-labelledby="list-heading" aria-busy={answer.phase === "loading"}>
      <h2 id="list-heading">Reports filed from this browser</h2>
      <p className="hint">Shown in this browser only, for seven days.</p>
      <div className="list" aria-live="polite">
        {answer.phase === "loading" && <p className="empty">Loading…</p>}
        {answer.phase === "error" && <p className="failure">{answer.message}</p>}
        {answer.phase === "ready" && answer.value.length === 0 && <p className="empty">Nothing filed yet.</p>}
        {answer.phase === "ready" && answer.value.length > 0 && (
          <ul className="reports">
            {answer.value.map((report) => (
              <li key={report.id}>
                <a href={report.followUpUrl}>{report.title}</a>
                <StateBadge state={report.state} />
                <FiledAt time={report.createdAt} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
