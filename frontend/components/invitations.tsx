"use client";

import { useCallback, useRef, useState } from "react";
import { asApiError } from "@/lib/api";
import type { Invitation, Role } from "@/lib/model";
import { usePaged } from "@/lib/use-paged";
import { ROLE_MEANINGS, ROLE_NAMES } from "@/lib/words";
import { Form } from "./form";
import { InvitationLink } from "./invitation-link";
import { PagedList } from "./paged-list";
import { RoleChoice } from "./role-choice";
import { useSession } from "./session";
import { Time } from "./time";

interface RowProps {
  invitation: Invitation;
  onTakeBack: (invitation: Invitation) => void;
}

function Row({ invitation, onTakeBack }: RowProps) {
  const role = ROLE_NAMES[invitation.role];
  return (
    <div className="row">
      <p className="who">
        <strong>{role}</strong>
        <span className="hint">
          by {invitation.createdBy.name} · until <Time value={invitation.expiresAt} />
        </span>
      </p>
      <button
        type="button"
        className="quiet small"
        onClick={() => onTakeBack(invitation)}
        aria-label={`Take back the invitation of a ${role.toLowerCase()}`}
      >
        Take back
      </button>
    </div>
  );
}

/** Invite somebody to a role, and take back what is still open. */
export function Invitations() {
  const { api } = useSession();
  const list = usePaged(useCallback((before?: string) => api.invitations(before), [api]));
  const [role, setRole] = useState<Role>("responder");
  const [made, setMade] = useState<(Invitation & { url: string }) | null>(null);
  const [notice, setNotice] = useState("");
  const [failure, setFailure] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);

  async function invite() {
    setNotice("");
    const invitation = await api.invite(role);
    setMade(invitation);
    list.change((page) => ({ ...page, items: [invitation, ...page.items], total: page.total + 1 }));
  }

  async function takeBack({ id }: Invitation) {
    setFailure("");
    setNotice("");
    try {
      await api.takeBack(id);
      setNotice("It is taken back: its link no longer works.");
    } catch (error) {
      const { status, message } = asApiError(error);
      if (status !== 404) {
        setFailure(message);
        return;
      }
      setNotice("It was used, taken back, or has expired already.");
    }
    list.change(({ items, next, total }) => ({ items: items.filter((one) => one.id !== id), next, total: total - 1 }));
    setMade((shown) => (shown?.id === id ? null : shown));
    heading.current?.focus();
  }

  return (
    <section className="card stack" aria-labelledby="invitations">
      <h2 id="invitations" ref={heading} tabIndex={-1}>
        Invitations
      </h2>
      <Form label="Invitation" submit="Make an invitation" send={invite} reusable>
        <RoleChoice label="Role" value={role} onChange={setRole} />
        <p className="hint">
          {ROLE_NAMES[role]}: {ROLE_MEANINGS[role]}.
        </p>
      </Form>
      {made && <InvitationLink key={made.id} invitation={made} />}
      <p className="hint" role="status">
        {notice}
      </p>
      <p className="failure" role="alert" hidden={!failure}>
        {failure}
      </p>
      <PagedList
        list={list}
        noun="open invitation"
        empty="Nobody is invited at the moment."
        row={(invitation) => <Row invitation={invitation} onTakeBack={takeBack} />}
      />
    </section>
  );
}
