"use client";

import { useCallback, useRef, useState } from "react";
import { asApiError } from "@/lib/api";
import type { Invitation, Link, Role } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { usePaged } from "@/lib/use-paged";
import { ROLE_MEANINGS, ROLE_NAMES } from "@/lib/words";
import { Field } from "./field";
import { Form } from "./form";
import { LinkBox } from "./link-box";
import { Outcome } from "./outcome";
import { PagedList } from "./paged-list";
import { RoleChoice } from "./role-choice";
import { useSession } from "./session";
import { Time } from "./time";

interface RowProps {
  invitation: Invitation;
  onRevoke: (invitation: Invitation) => void;
}

function Row({ invitation, onRevoke }: RowProps) {
  const role = describeInvitation(invitation);
  return (
    <div className="row">
      <p className="who">
        <strong>
          <bdi>{role}</bdi>
        </strong>
        <span className="hint">
          by {invitation.createdBy?.name ?? "the command line"} · until <Time value={invitation.expiresAt} />
        </span>
      </p>
      <button
        type="button"
        className="quiet small"
        onClick={() => onRevoke(invitation)}
        aria-label={`Revoke this invitation: ${role}`}
      >
        Revoke
      </button>
    </div>
  );
}

const describeInvitation = ({ role, addressee }: Invitation): string =>
  `${ROLE_NAMES[role]}${addressee ? `, for ${addressee}` : ""}`;

/** Invite somebody to a role, and revoke open invitations. */
export function Invitations() {
  const { api } = useSession();
  const list = usePaged(useCallback((before?: string) => api.invitations(before), [api]));
  const [role, setRole] = useState<Role>("responder");
  const [created, setCreated] = useState<(Invitation & Link) | null>(null);
  const { run, outcome } = useAction();
  const heading = useRef<HTMLHeadingElement>(null);

  async function invite({ addressee = "" }) {
    const invitation = await api.invite(role, addressee);
    setCreated(invitation);
    list.change((page) => ({ ...page, items: [invitation, ...page.items], total: page.total + 1 }));
  }

  async function revoke({ id }: Invitation): Promise<string> {
    const notice = await api.revoke(id).then(
      () => "Revoked: its link no longer works.",
      (error: unknown) => {
        if (asApiError(error).status !== 404) throw error;
        return "It was already used or revoked, or has expired.";
      },
    );
    list.change(({ items, next, total }) => ({ items: items.filter((one) => one.id !== id), next, total: total - 1 }));
    setCreated((shown) => (shown?.id === id ? null : shown));
    heading.current?.focus();
    return notice;
  }

  return (
    <section className="card stack" aria-labelledby="invitations">
      <h2 id="invitations" ref={heading} tabIndex={-1}>
        Invitations
      </h2>
      <Form label="Invitation" submit="Create invitation" send={invite} reusable>
        <Field
          name="addressee"
          label="Who is it for?"
          hint="A name or an email address, so that you can tell invitations apart. Nothing is sent to it."
        />
        <RoleChoice label="Role" value={role} onChange={setRole} />
        <p className="hint">
          {ROLE_NAMES[role]}: {ROLE_MEANINGS[role]}.
        </p>
      </Form>
      {created && (
        <LinkBox key={created.id} label="The invitation's link" link={created}>
          <strong>
            Give this link to <bdi>{created.addressee ?? "one person"}</bdi> only.
          </strong>{" "}
          It is for the role {ROLE_NAMES[created.role]}, with a new account or an existing one.
        </LinkBox>
      )}
      <Outcome outcome={outcome} />
      <PagedList
        list={list}
        noun="open invitation"
        empty="There are no open invitations. Create one above, and give its link to the person."
        row={(invitation) => <Row invitation={invitation} onRevoke={(one) => run(() => revoke(one))} />}
      />
    </section>
  );
}
