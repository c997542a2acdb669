"use client";

import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";
import type { Account } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { useAnswer } from "@/lib/use-answer";
import { useFragment } from "@/lib/use-fragment";
import { ROLE_MEANINGS, ROLE_NAMES } from "@/lib/words";
import { AccountForm } from "./account-form";
import { DeadLink } from "./dead-link";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { Outcome } from "./outcome";
import { useSession } from "./session";
import { SiteLink } from "./site-link";
import { Time } from "./time";

function Invited({ token }: { token: string }) {
  const { api, enter } = useSession();
  const router = useRouter();
  const { answer, retry } = useAnswer(useCallback(() => api.invitation(token), [api, token]));

  function welcome(account: Account) {
    enter(account);
    router.replace("/reports"); // and the used link leaves the history
  }

  if (answer.phase === "loading") return <Loading>Checking the invitation…</Loading>;
  if (answer.phase === "error") return <DeadLink error={answer.error} retry={retry} />;
  const { role, expiresAt } = answer.value;
  return (
    <div className="stack">
      <p className="notice">
        This invitation gives you the role <strong>{ROLE_NAMES[role]}</strong>: someone who {ROLE_MEANINGS[role]}. It
        works until <Time value={expiresAt} />.
      </p>
      <AccountForm token={token} onCreated={welcome} />
    </div>
  );
}

/** Signed in already: a second account would usually be a mistake. */
function AlreadyIn({ account }: { account: Account }) {
  const { leave } = useSession();
  const { run, outcome } = useAction();
  return (
    <div className="card stack">
      <p>
        You are signed in as <strong>{account.name}</strong> ({ROLE_NAMES[account.role].toLowerCase()}). An invitation
        creates a new account: sign out first if you want that.
      </p>
      <Outcome outcome={outcome} />
      <div className="actions">
        <SiteLink href="/reports" className="button">
          Go to the reports
        </SiteLink>
        <button type="button" className="quiet" onClick={() => run(() => leave())}>
          Sign out
        </button>
      </div>
    </div>
  );
}

export function Join() {
  const { who, retry } = useSession();
  const token = useFragment();
  // Whether nobody was signed in at first; a person who joins stays on this page until the next one is there
  const [joining, setJoining] = useState(false);
  const account = who.phase === "ready" ? who.value.account : null;
  const nobody = who.phase === "ready" && !account;
  if (nobody && !joining) setJoining(true);

  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Join by invitation</Heading>
      </div>
      {who.phase === "error" && <Failure message={who.error.message} onRetry={retry} />}
      {who.phase === "loading" && <Loading />}
      {account && !joining && <AlreadyIn account={account} />}
      {who.phase === "ready" && joining && token !== null && <Invited key={token} token={token} />}
    </div>
  );
}
