"use client";

import { useCallback } from "react";
import { describeEntry } from "@/lib/audit";
import type { AuditEntry } from "@/lib/model";
import { usePaged } from "@/lib/use-paged";
import { Heading } from "./heading";
import { PagedList } from "./paged-list";
import { useSession } from "./session";
import { SiteLink } from "./site-link";
import { Time } from "./time";

function Row({ entry }: { entry: AuditEntry }) {
  return (
    <div className="row">
      <p className="who">
        <bdi>{describeEntry(entry)}</bdi>
        <span className="hint">
          <Time value={entry.at} />
          {entry.address && ` from ${entry.address}`}
        </span>
      </p>
      {entry.reportId && <SiteLink href={`/reports/${entry.reportId}`}>Open the report</SiteLink>}
    </div>
  );
}

/** Who did what with accounts, rights and reports. */
export function AuditLog() {
  const { api } = useSession();
  const list = usePaged(useCallback((before?: string) => api.audit(before), [api]));
  return (
    <>
      <div className="intro">
        <Heading>Audit log</Heading>
        <p>Who signed in, or failed to, and who changed accounts, invitations and reports. Newest first.</p>
      </div>
      <section className="card" aria-label="Entries">
        <PagedList list={list} noun="entry" empty="Nothing has happened yet." row={(entry) => <Row entry={entry} />} />
      </section>
    </>
  );
}
