"use client";

import { useCallback, useState } from "react";
import { createApi, type Report } from "@/lib/api";
import { useAnswer } from "@/lib/use-answer";
import { FiledReport } from "./filed-report";
import { ReportForm } from "./report-form";
import { ReportList } from "./report-list";
import { Status } from "./status";

/** The form, or the report just filed from it; the list beside it; the status below. */
export function Reporting({ apiUrl }: { apiUrl: string }) {
  const [filed, setFiled] = useState(0);
  const [shown, setShown] = useState<Report | null>(null);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a report filed here changes the answer
  const ask = useCallback(() => createApi(apiUrl).reports(), [apiUrl, filed]);
  const answer = useAnswer(ask);

  function show(report: Report) {
    setShown(report);
    setFiled((count) => count + 1);
  }

  return (
    <>
      <div className="columns">
        {shown ? (
          <FiledReport report={shown} onAnother={() => setShown(null)} />
        ) : (
          <ReportForm apiUrl={apiUrl} onFiled={show} />
        )}
        <ReportList answer={answer} />
      </div>
      <Status apiUrl={apiUrl} filed={filed} />
    </>
  );
}
