"use client";

import { useAnswer } from "@/lib/use-answer";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { useSession } from "./session";

const LONGEST = 20;

/** The beginning of a revision, as people compare it; pointing at it shows the whole. */
const shorten = (revision: string): string => (revision.length > LONGEST ? `${revision.slice(0, 16)}…` : revision);

/** What is running, for administrators. */
export function Status() {
  const { api } = useSession();
  const { answer, retry } = useAnswer(api.status);
  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Status</Heading>
        <p>What is running, as somebody who helps you with this site will ask.</p>
      </div>
      {answer.phase === "loading" && <Loading />}
      {answer.phase === "error" && <Failure message={answer.error.message} onRetry={retry} />}
      {answer.phase === "ready" && (
        <dl className="card details">
          <dt>Revision</dt>
          <dd>
            <code title={answer.value.revision}>{shorten(answer.value.revision)}</code>
          </dd>
          <dt>Database</dt>
          <dd>PostgreSQL {answer.value.database.version ?? "of an unknown version"}</dd>
          <dt>Last migration</dt>
          <dd>
            <code>{answer.value.database.migration ?? "none"}</code>
          </dd>
        </dl>
      )}
    </div>
  );
}
