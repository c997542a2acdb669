"use client";

import { useEffect, useRef, useState } from "react";
import type { Report } from "@/lib/api";
import { StateBadge } from "./state-badge";

interface Props {
  report: Report;
  onAnother: () => void;
}

/** What the reporter sees right after filing: the report and the link to it. */
export function FiledReport({ report, onAnother }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [copied, setCopied] = useState("");
  useEffect(() => heading.current?.focus(), []);

  async function copy() {
    try {
      await navigator.clipboard.writeText(report.followUpUrl);
      setCopied("Copied.");
    } catch {
      setCopied("Your browser does not allow copying here: select the link instead.");
    }
  }

  return (
    <section className="card filed" aria-labelledby="filed-heading">
      <h2 id="filed-heading" ref={heading} tabIndex={-1}>
        Thank you, your report is filed
      </h2>
      <p className="filed-title">
        <strong>{report.title}</strong> <StateBadge state={report.state} />
      </p>
      <p className="text">{report.description}</p>
      <div className="link-box">
        <p>
          <strong>Keep this link.</strong> It shows your report from any device for 90 days, to anyone who has it.
        </p>
        <a id="follow-up-link" href={report.followUpUrl}>
          {report.followUpUrl}
        </a>
      </div>
      <div className="actions">
        <button type="button" onClick={copy}>
          Copy link
        </button>
        <button type="button" className="quiet" onClick={onAnother}>
          Report something else
        </button>
        <span role="status">{copied}</span>
      </div>
    </section>
  );
}
