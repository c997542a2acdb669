"use client";

import { useCallback, useRef, useState } from "react";
import { messageOf } from "@/lib/api";
import type { Account } from "@/lib/model";
import { usePaged } from "@/lib/use-paged";
import { ROLE_NAMES } from "@/lib/words";
import { Heading } from "./heading";
import { Invitations } from "./invitations";
import { PagedList } from "./paged-list";
import { RoleChoice } from "./role-choice";
import { useSession } from "./session";
import { useAccount } from "./signed-in";

interface Props {
  member: Account;
  onChanged: (account: Account) => void;
}

function Member({ member, onChanged }: Props) {
  const { api } = useSession();
  const own = useAccount().id === member.id;
  const [role, setRole] = useState(member.role);
  const [notice, setNotice] = useState("");
  const [failure, setFailure] = useState("");
  const row = useRef<HTMLDivElement>(null);
  const busy = useRef(false);

  async function save() {
    if (busy.current) return;
    busy.current = true;
    setNotice("");
    setFailure("");
    try {
      onChanged((await api.changeRole(member.id, role)).account);
      setNotice(`${member.name} is ${ROLE_NAMES[role].toLowerCase()} now.`);
    } catch (error) {
      setRole(member.role);
      setFailure(messageOf(error));
    }
    busy.current = false;
    // The button is about to go
    if (row.current?.contains(document.activeElement)) row.current.querySelector("select")?.focus();
  }

  return (
    <div className="row" ref={row}>
      <p className="who">
        <span>
          <strong>{member.name}</strong>
          {own && " (you)"}
        </span>
        <span className="hint">{member.email}</span>
      </p>
      <div className="actions">
        <RoleChoice label={`Role of ${member.name}`} hideLabel value={role} onChange={setRole} />
        {role !== member.role && (
          <button type="button" className="small" onClick={save}>
            Change role
          </button>
        )}
      </div>
      <p className="hint wide" role="status">
        {notice}
      </p>
      <p className="failure wide" role="alert" hidden={!failure}>
        {failure}
      </p>
    </div>
  );
}

/** Who has an account, and who is invited. */
export function Members() {
  const { api, enter } = useSession();
  const own = useAccount().id;
  const list = usePaged(useCallback((before?: string) => api.accounts(before), [api]));

  function changed(account: Account) {
    list.change((page) => ({ ...page, items: page.items.map((one) => (one.id === account.id ? account : one)) }));
    if (account.id === own) enter(account);
  }

  return (
    <>
      <div className="intro">
        <Heading>Members</Heading>
      </div>
      <div className="columns">
        <section className="card" aria-labelledby="accounts">
          <h2 id="accounts">Accounts</h2>
          <PagedList
            list={list}
            noun="account"
            empty="There is none."
            row={(member) => <Member member={member} onChanged={changed} />}
          />
        </section>
        <Invitations />
      </div>
    </>
  );
}
