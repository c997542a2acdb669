"use client";

import { useCallback, useState } from "react";
import type { Report } from "@/lib/model";
import { useAnswer } from "@/lib/use-answer";
import { Failure } from "./failure";
import { Field } from "./field";
import { Form } from "./form";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { Moves } from "./moves";
import { PersonName } from "./person-name";
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
        <Field name="text" label="Comment" hint="The reporter and the responders can read it." rows={3} />
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

function Loaded({ report, change }: Props) {
  const { api } = useSession();

  async function more(before: string) {
    const { items, next, total } = await api.events(report.id, before);
    change((now) => ({ ...now, timeline: { items: [...now.timeline.items, ...items], next, total } }));
  }

  return (
    <div className="columns">
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
        <h2 id="history">History</h2>
        <Timeline timeline={report.timeline} more={more} />
        <Comments report={report} change={change} />
      </section>
    </div>
  );
}

/** One report with its history, and what the reader can do with it. */
export function ReportPage({ id }: { id: string }) {
  const { api } = useSession();
  const { answer, retry, change } = useAnswer(useCallback(() => api.report(id), [api, id]));
  const missing = answer.phase === "error" && (answer.error.status === 404 || answer.error.status === 400);
  const heading = answer.phase === "ready" ? answer.value.title : missing ? "There is no such report" : "Report";
  return (
    <>
      <p className="back">
        <SiteLink href="/reports">All reports</SiteLink>
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
