"use client";

import { useCallback, useState } from "react";
import { isAtLeast, type Report } from "@/lib/model";
import { useTabTitle } from "@/lib/tab-title";
import { useAnswer } from "@/lib/use-answer";
import { useReading } from "@/lib/use-reading";
import { describeEvent } from "@/lib/words";
import { Failure } from "./failure";
import { Field } from "./field";
import { Form } from "./form";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { Moves } from "./moves";
import { useRenewal } from "./news";
import { PersonName } from "./person-name";
import { PrintButton, PrintedHeader } from "./print";
import { useSession } from "./session";
import { useAccount } from "./signed-in";
import { SiteLink } from "./site-link";
import { StateBadge } from "./state-badge";
import { Time } from "./time";
import { Timeline } from "./timeline";

interface Props {
  report: Report;
  change: (newer: (report: Report) => Report) => void;
}

function Comments({ report, change }: Props) {
  const { api } = useSession();
  const account = useAccount();
  const [notice, setNotice] = useState("");
  const own = report.reporter.id === account.id;
  const readers = own ? "The responders can read it." : "The reporter and the responders can read it.";

  async function send({ text = "" }) {
    setNotice("");
    const event = await api.comment(report.id, text);
    change(({ timeline, ...now }) => {
      const { items, next, total } = timeline;
      return { ...now, timeline: { items: [event, ...items], next, total: total + 1 } };
    });
    setNotice("Your comment was added.");
  }

  return (
    <>
      <Form label="New comment" submit="Add comment" send={send} reusable draftName={`${account.id} ${report.id}`}>
        <Field name="text" label="Comment" hint={readers} rows={3} />
      </Form>
      <p className="hint" role="status">
        {notice}
      </p>
    </>
  );
}

const CONFLICTS = {
  own: "You filed this report, or it is about you, so another responder handles it.",
  alone: "You filed this report, or it is about you. You can handle it because nobody else can.",
};

/** Says what others just did, which appears in the history by itself. */
function useArrival({ timeline: { items } }: Report): string {
  const own = useAccount().id;
  const newest = items[0];
  const [seen, setSeen] = useState(newest?.id);
  const [said, setSaid] = useState("");
  if (newest && newest.id !== seen) {
    setSeen(newest.id);
    setSaid(newest.actor.id === own ? "" : `New: ${newest.actor.name} ${describeEvent(newest)}.`);
  }
  return said;
}

function Loaded({ report, change }: Props) {
  const { api } = useSession();
  const arrival = useArrival(report);
  useReading(report, change);
  useTabTitle(report.title);

  async function more(before: string) {
    const { items, next, total } = await api.events(report.id, before);
    change((now) => ({ ...now, timeline: { items: [...now.timeline.items, ...items], next, total } }));
  }

  return (
    <div className="columns">
      <PrintedHeader report={report} />
      <section className="card stack" aria-label="Report">
        <p className="facts">
          <StateBadge state={report.state} />
          <span>
            <PersonName person={report.reporter} /> · <Time value={report.createdAt} />
          </span>
        </p>
        {report.about.length > 0 && (
          <p className="hint">Not shown to {report.about.map(({ name }) => name).join(", ")}</p>
        )}
        {report.conflict && <p className="notice">{CONFLICTS[report.conflict]}</p>}
        <p className="text">{report.description}</p>
        <Moves report={report} onMoved={(moved) => change(() => moved)} />
      </section>
      <section className="card stack" aria-labelledby="history">
        <div className="heading">
          <h2 id="history">History</h2>
          <PrintButton report={report} change={change} />
        </div>
        <Timeline timeline={report.timeline} more={more} />
        <p className="hint" role="status">
          {arrival}
        </p>
        <Comments report={report} change={change} />
      </section>
    </div>
  );
}

/** The report as it is now, with the earlier entries that are shown already, where they follow on. */
function withEarlier(newer: Report, shown: Report): Report {
  const { items, next, total } = newer.timeline;
  const joint = shown.timeline.items.findIndex(({ id }) => id === items.at(-1)?.id);
  const earlier = joint < 0 ? [] : shown.timeline.items.slice(joint + 1);
  return {
    ...newer,
    timeline: { items: [...items, ...earlier], next: earlier.length > 0 ? shown.timeline.next : next, total },
  };
}

/** One report with its history, and what the reader can do with it. */
export function ReportPage({ id }: { id: string }) {
  const { api } = useSession();
  const all = isAtLeast(useAccount().role, "responder");
  const ask = useCallback(() => api.report(id), [api, id]);
  const { answer, retry, change, renew } = useAnswer(ask);
  useRenewal(useCallback(() => renew(ask, withEarlier), [ask, renew]));
  const missing = answer.phase === "error" && (answer.error.status === 404 || answer.error.status === 400);
  const heading = answer.phase === "ready" ? answer.value.title : missing ? "There is no such report" : "Report";
  return (
    <>
      <p className="back">
        <SiteLink href="/reports">{all ? "All reports" : "Your reports"}</SiteLink>
      </p>
      <div className="intro">
        <Heading>{heading}</Heading>
        {missing && <p>The address may be mistyped, or you do not have access to the report.</p>}
      </div>
      {answer.phase === "loading" && <Loading>Loading the report…</Loading>}
      {answer.phase === "error" && !missing && <Failure message={answer.error.message} onRetry={retry} />}
      {answer.phase === "ready" && <Loaded report={answer.value} change={change} />}
    </>
  );
}
