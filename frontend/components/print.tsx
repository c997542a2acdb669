"use client";

import { useEffect, useState } from "react";
import { flushSync } from "react-dom";
import type { Report } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { Outcome } from "./outcome";
import { useSession } from "./session";
import { Time } from "./time";

interface Props {
  report: Report;
  change: (newer: (report: Report) => Report) => void;
}

/** Prints a report with its whole history, which may not be on the page yet. */
export function PrintButton({ report, change }: Props) {
  const { api } = useSession();
  const { run, running, outcome } = useAction();

  async function print(): Promise<string> {
    for (let { next } = report.timeline; next; ) {
      const page = await api.events(report.id, next, 100);
      flushSync(() =>
        change((now) => ({
          ...now,
          timeline: { items: [...now.timeline.items, ...page.items], next: page.next, total: page.total },
        })),
      );
      next = page.next;
    }
    window.print();
    return "";
  }

  return (
    <>
      <button type="button" className="quiet small" aria-disabled={running} onClick={() => run(print)}>
        {running ? "One moment…" : "Print"}
      </button>
      <Outcome outcome={outcome} />
    </>
  );
}

/** On paper only: which report it is, and when it was filed, changed and printed. */
export function PrintedHeader({ report }: { report: Report }) {
  const [printed, setPrinted] = useState<string | null>(null);
  useEffect(() => {
    const note = () => flushSync(() => setPrinted(new Date().toISOString()));
    window.addEventListener("beforeprint", note);
    return () => window.removeEventListener("beforeprint", note);
  }, []);
  return (
    <div className="print-only">
      <p>
        Report {report.id}. Filed <Time value={report.createdAt} />, last changed <Time value={report.updatedAt} />
        {printed && (
          <>
            , printed <Time value={printed} />
          </>
        )}
        .
      </p>
      {report.timeline.next && <p>Earlier entries are missing: use the button Print on the page to include them.</p>}
    </div>
  );
}
