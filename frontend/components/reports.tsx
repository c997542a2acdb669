"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";
import { isAtLeast, STATES, type ReportItem, type State } from "@/lib/model";
import { usePaged } from "@/lib/use-paged";
import { STATE_NAMES } from "@/lib/words";
import { Heading } from "./heading";
import { PagedList } from "./paged-list";
import { PersonName } from "./person-name";
import { useSession } from "./session";
import { useAccount } from "./signed-in";
import { SiteLink } from "./site-link";
import { StateBadge } from "./state-badge";
import { Time } from "./time";

const FILTERS: [name: string, states: string][] = [
  ["All", ""],
  ["Open", "submitted,acknowledged,investigating"],
  ...STATES.map((state): [string, string] => [STATE_NAMES[state], state]),
];

const known = (states: string | null): string =>
  (states ?? "")
    .split(",")
    .filter((state) => STATES.includes(state as State))
    .join(",");

function Row({ report, withReporter }: { report: ReportItem; withReporter: boolean }) {
  return (
    <div className="row">
      <SiteLink href={`/reports/${report.id}`}>{report.title}</SiteLink>
      <StateBadge state={report.state} />
      <p className="hint">
        {withReporter && (
          <>
            <PersonName person={report.reporter} /> ·{" "}
          </>
        )}
        Filed <Time value={report.createdAt} />
        {report.updatedAt !== report.createdAt && (
          <>
            {" "}
            · last change <Time value={report.updatedAt} />
          </>
        )}
      </p>
    </div>
  );
}

function Found({ states, all }: { states: string; all: boolean }) {
  const { api } = useSession();
  const list = usePaged(useCallback((before?: string) => api.reports(states, before), [api, states]));
  const empty = states ? (
    <p>
      There is no report in this state. <SiteLink href="/reports">Show all</SiteLink>
    </p>
  ) : (
    <p>
      {all ? "Nobody has filed a report yet." : "You have not filed a report yet."}{" "}
      <SiteLink href="/reports/new">File a report</SiteLink>
    </p>
  );
  return (
    <PagedList list={list} noun="report" empty={empty} row={(report) => <Row report={report} withReporter={all} />} />
  );
}

/** The reports that the reader can see; the filter is part of the address. */
export function Reports() {
  const all = isAtLeast(useAccount().role, "responder");
  const states = known(useSearchParams().get("state"));
  return (
    <>
      <div className="intro with-action">
        <Heading>{all ? "Reports" : "Your reports"}</Heading>
        <SiteLink href="/reports/new" className="button">
          File a report
        </SiteLink>
      </div>
      <section className="card" aria-label="Reports">
        <nav className="filter" aria-label="Filter by state">
          {FILTERS.map(([name, wanted]) => (
            <SiteLink
              key={name}
              href={wanted ? `/reports?state=${wanted}` : "/reports"}
              aria-current={states === wanted ? "true" : undefined}
            >
              {name}
            </SiteLink>
          ))}
        </nav>
        <Found key={states} states={states} all={all} />
      </section>
    </>
  );
}
