"use client";

import { useRouter } from "next/navigation";
import { useCallback, useState, useSyncExternalStore } from "react";
import type { ApiError } from "@/lib/api";
import type { Account } from "@/lib/model";
import { useAnswer } from "@/lib/use-answer";
import { ROLE_MEANINGS, ROLE_NAMES } from "@/lib/words";
import { AccountForm } from "./account-form";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { useSession } from "./session";
import { SiteLink } from "./site-link";
import { Time } from "./time";

function subscribe(changed: () => void) {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

/** What stands after the # of the address, which no server gets to see; null until the browser is asked. */
const useFragment = () =>
  useSyncExternalStore(
    subscribe,
    () => window.location.hash.slice(1),
    () => null,
  );

const WHY_NOT: Record<number, string> = {
  401: "This is not the link of an invitation. Open it exactly as it was given to you.",
  410: "This invitation has expired, was taken back, or has been used. Ask for a new one.",
};

function NotInvited({ error, retry }: { error: ApiError; retry: () => void }) {
  const why = WHY_NOT[error.status];
  if (!why) return <Failure message={error.message} onRetry={retry} />;
  return (
    <div className="failure" role="alert">
      <p>{why}</p>
    </div>
  );
}

function Invited({ token }: { token: string }) {
  const { api, enter } = useSession();
  const router = useRouter();
  const { answer, retry } = useAnswer(useCallback(() => api.invitation(token), [api, token]));

  function welcome(account: Account) {
    enter(account);
    router.replace("/reports"); // and the used link leaves the history
  }

  if (answer.phase === "loading") return <Loading>Looking at the invitation…</Loading>;
  if (answer.phase === "error") return <NotInvited error={answer.error} retry={retry} />;
  const { role, expiresAt } = answer.value;
  return (
    <div className="stack">
      <p className="notice">
        This invitation gives you the role <strong>{ROLE_NAMES[role]}</strong>: one who {ROLE_MEANINGS[role]}. It works
        until <Time value={expiresAt} />.
      </p>
      <AccountForm token={token} onMade={welcome} />
    </div>
  );
}

/** Signed in already: a second account would be a mistake more often than not. */
function AlreadyIn({ account }: { account: Account }) {
  const { leave } = useSession();
  const [failure, setFailure] = useState("");
  return (
    <div className="card stack">
      <p>
        You are signed in as <strong>{account.name}</strong> ({ROLE_NAMES[account.role].toLowerCase()}). An invitation
        makes a new account: sign out first if you want that.
      </p>
      <p className="failure" role="alert" hidden={!failure}>
        {failure}
      </p>
      <div className="actions">
        <SiteLink href="/reports" className="button">
          Go to the reports
        </SiteLink>
        <button type="button" className="quiet" onClick={async () => setFailure(await leave())}>
          Sign out
        </button>
      </div>
    </div>
  );
}

export function Join() {
  const { who, retry } = useSession();
  const token = useFragment();
  // Who was signed in at first; whoever joins here stays on this page until the next one is there
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
