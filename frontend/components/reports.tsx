"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useCallback, useEffect, useRef, type FormEvent } from "react";
import type { Wanted } from "@/lib/api";
import { isAtLeast, STATES, type ReportItem, type State } from "@/lib/model";
import { usePaged } from "@/lib/use-paged";
import { STATE_NAMES } from "@/lib/words";
import { Heading } from "./heading";
import { useRenewal } from "./news";
import { PagedList } from "./paged-list";
import { PersonName } from "./person-name";
import { useSession } from "./session";
import { useAccount } from "./signed-in";
import { SiteLink } from "./site-link";
import { StateBadge } from "./state-badge";
import { Age } from "./time";

const FILTERS: [name: string, states: string][] = [
  ["All", ""],
  ["Open", "submitted,acknowledged,investigating"],
  ...STATES.map((state): [string, string] => [STATE_NAMES[state], state]),
];

const LONGEST_SEARCH = 100; // characters, as in the API

function pathOf({ states, search }: Wanted): string {
  const query = new URLSearchParams({ ...(states && { state: states }), ...(search && { search }) });
  return `/reports${query.size > 0 ? `?${query}` : ""}`;
}

const known = (states: string | null): string =>
  (states ?? "")
    .split(",")
    .filter((state) => STATES.includes(state as State))
    .join(",");

function Row({ report, withReporter }: { report: ReportItem; withReporter: boolean }) {
  return (
    <div className="row">
      <SiteLink href={`/reports/${report.id}`} className={report.unread ? "unread" : undefined}>
        {report.unread && (
          <>
            <span className="new">New</span>{" "}
          </>
        )}
        {report.title}
      </SiteLink>
      <StateBadge state={report.state} />
      <p className="hint">
        {withReporter && (
          <>
            <PersonName person={report.reporter} /> ·{" "}
          </>
        )}
        Filed <Age value={report.createdAt} />
        {report.updatedAt !== report.createdAt && (
          <>
            {" "}
            · last change <Age value={report.updatedAt} />
          </>
        )}
      </p>
    </div>
  );
}

/** What to do next where there is no report at all. */
function Empty() {
  const { role } = useAccount();
  if (role === "administrator") {
    return (
      <p>
        Nobody has filed a report yet. Until then, <SiteLink href="/members">invite a responder</SiteLink> to handle them
        with you.
      </p>
    );
  }
  if (role === "responder") return <p>Nobody has filed a report yet. New ones appear here by themselves.</p>;
  return (
    <p>
      You have not filed a report yet. <SiteLink href="/reports/new">File a report</SiteLink>
    </p>
  );
}

function Found({ states, search, all }: Wanted & { all: boolean }) {
  const { api } = useSession();
  const list = usePaged(
    useCallback(
      (before?: string, limit?: number) => api.reports({ states, search }, before, limit),
      [api, states, search],
    ),
  );
  useRenewal(list.renew);
  const empty =
    search || states ? (
      <p>
        There is no report {states && "in this state "}
        {search && "with these words"}. <SiteLink href="/reports">Show all</SiteLink>
      </p>
    ) : (
      <Empty />
    );
  return (
    <PagedList list={list} noun="report" empty={empty} row={(report) => <Row report={report} withReporter={all} />} />
  );
}

function Search({ states, search }: Wanted) {
  const router = useRouter();
  const field = useRef<HTMLInputElement>(null);
  const shown = useRef(search);
  // The address may change without the form: by the filter, or back and forth. At first the field has it already, and
  // may have been typed into since.
  useEffect(() => {
    if (field.current && shown.current !== search) field.current.value = search;
    shown.current = search;
  }, [search]);
  function find(event: FormEvent) {
    event.preventDefault();
    router.push(pathOf({ states, search: field.current?.value.trim() ?? "" }), { scroll: false });
  }
  return (
    <form className="search" role="search" aria-label="Search reports" onSubmit={find}>
      <label htmlFor="search" className="unseen">
        Words in the title or description
      </label>
      <input
        id="search"
        ref={field}
        type="search"
        placeholder="Search reports"
        defaultValue={search}
        maxLength={LONGEST_SEARCH}
        autoComplete="off"
      />
      <button type="submit" className="quiet">
        Search
      </button>
    </form>
  );
}

/** The reports that the reader can see; the filter and the search are part of the address. */
export function Reports() {
  const all = isAtLeast(useAccount().role, "responder");
  const query = useSearchParams();
  const states = known(query.get("state"));
  const search = (query.get("search") ?? "").trim().slice(0, LONGEST_SEARCH);
  return (
    <>
      <div className="intro with-action">
        <Heading>{all ? "Reports" : "Your reports"}</Heading>
        <SiteLink href="/reports/new" className="button">
          File a report
        </SiteLink>
      </div>
      <section className="card" aria-label="Reports">
        <Search states={states} search={search} />
        <nav className="filter" aria-label="Filter by state">
          {FILTERS.map(([name, wanted]) => (
            <SiteLink
              key={name}
              href={pathOf({ states: wanted, search })}
              aria-current={states === wanted ? "true" : undefined}
            >
              {name}
            </SiteLink>
          ))}
        </nav>
        <Found key={`${states} ${search}`} states={states} search={search} all={all} />
      </section>
    </>
  );
}
