"use client";

import { useRef, useState } from "react";
import type { Account, Link } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { ROLE_NAMES } from "@/lib/words";
import { LinkBox } from "./link-box";
import { Outcome } from "./outcome";
import { RoleChoice } from "./role-choice";
import { useSession } from "./session";
import { useAccount } from "./signed-in";

interface Props {
  member: Account;
  onChanged: (account: Account) => void;
}

/** One account, and what an administrator can do with it. */
export function Member({ member, onChanged }: Props) {
  const { api } = useSession();
  const own = useAccount().id === member.id;
  const [role, setRole] = useState(member.role);
  const [link, setLink] = useState<Link | null>(null);
  const { run, outcome } = useAction();
  const row = useRef<HTMLDivElement>(null);
  const { id, name, disabledAt } = member;

  async function saveRole() {
    await run(async () => {
      const { account } = await api.changeAccount(id, { role }).catch((error: unknown) => {
        setRole(member.role);
        throw error;
      });
      onChanged(account);
      return `${name} is now ${ROLE_NAMES[role].toLowerCase()}.`;
    });
    // The button is about to go
    if (row.current?.contains(document.activeElement)) row.current.querySelector("select")?.focus();
  }

  const setDisabled = (disabled: boolean) =>
    run(async () => {
      onChanged((await api.changeAccount(id, { disabled })).account);
      setLink(null);
      return disabled ? `${name} is signed out everywhere and can no longer sign in.` : `${name} can sign in again.`;
    });

  const createLink = () =>
    run(async () => {
      setLink(await api.createReset(id));
      return "";
    });

  return (
    <div className="row" ref={row}>
      <p className="who">
        <span>
          <strong>
            <bdi>{name}</bdi>
          </strong>
          {own && " (you)"}
          {disabledAt && " (disabled)"}
        </span>
        <span className="hint">{member.email}</span>
      </p>
      <div className="actions">
        <RoleChoice label={`Role of ${name}`} hideLabel value={role} onChange={setRole} />
        {role !== member.role && (
          <button type="button" className="small" onClick={saveRole}>
            Change role
          </button>
        )}
      </div>
      {!own && (
        <div className="actions wide">
          {!disabledAt && (
            <button type="button" className="quiet small" onClick={createLink} aria-label={`Reset password of ${name}`}>
              Reset password
            </button>
          )}
          <button
            type="button"
            className="quiet small"
            onClick={() => setDisabled(!disabledAt)}
            aria-label={`${disabledAt ? "Enable" : "Disable"} the account of ${name}`}
          >
            {disabledAt ? "Enable" : "Disable"}
          </button>
        </div>
      )}
      {link && (
        <LinkBox key={link.url} label={`A new password for ${name}`} link={link}>
          <strong>Give this link to {name} only.</strong> It lets the person who opens it set a new password.
        </LinkBox>
      )}
      <Outcome outcome={outcome} />
    </div>
  );
}
