"use client";

import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";
import { focusHeading } from "@/lib/focus";
import { isAtLeast, type Account, type Role } from "@/lib/model";
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
import { SignInForm } from "./sign-in";
import { SiteLink } from "./site-link";
import { Time } from "./time";

interface Props {
  account: Account;
  role: Role;
  token: string;
  onAccepted: (account: Account) => void;
}

/** For somebody who is signed in: a second account would usually be a mistake. */
function WithAccount({ account, role, token, onAccepted }: Props) {
  const { api, leave } = useSession();
  const { run, running, outcome } = useAction();
  const isMore = !isAtLeast(account.role, role);

  async function accept(): Promise<string> {
    onAccepted((await api.acceptInvitation(token)).account);
    return "";
  }

  return (
    <div className="card stack">
      <p>
        You are signed in as{" "}
        <strong>
          <bdi>{account.name}</bdi>
        </strong>{" "}
        ({ROLE_NAMES[account.role].toLowerCase()}).{" "}
        {isMore
          ? "Accept the invitation, and this account has the new role at once."
          : "This account can do all that already, so the invitation gives it nothing more. It stays open for somebody else."}
      </p>
      <Outcome outcome={outcome} />
      <div className="actions">
        {isMore ? (
          <button type="button" aria-disabled={running} onClick={() => run(accept)}>
            Accept the invitation
          </button>
        ) : (
          <SiteLink href="/reports" className="button">
            Go to the reports
          </SiteLink>
        )}
        <button type="button" className="quiet" onClick={() => run(() => leave())}>
          Sign out
        </button>
      </div>
      <p className="hint">Sign out to use it for another account. An administrator can also change roles without a link.</p>
    </div>
  );
}

interface InvitedProps {
  token: string;
  account: Account | null;
  onWelcome: (account: Account) => void;
}

function Invited({ token, account, onWelcome }: InvitedProps) {
  const { api } = useSession();
  const { answer, retry } = useAnswer(useCallback(() => api.invitation(token), [api, token]));
  const [hasAccount, setHasAccount] = useState(false);

  function showSignIn(shown: boolean) {
    setHasAccount(shown);
    focusHeading(); // the button pressed is about to go
  }

  if (answer.phase === "loading") return <Loading>Checking the invitation…</Loading>;
  if (answer.phase === "error") {
    return (
      <div className="stack">
        <DeadLink error={answer.error} retry={retry} />
        {account && <p className="hint">An administrator can change the role of your account without a link.</p>}
      </div>
    );
  }
  const { role, addressee, expiresAt } = answer.value;
  return (
    <div className="stack">
      <p className="notice">
        This invitation {addressee && <>for {<bdi>{addressee}</bdi>} </>}gives you the role{" "}
        <strong>{ROLE_NAMES[role]}</strong>: someone who {ROLE_MEANINGS[role]}. It works until <Time value={expiresAt} />.
      </p>
      {account ? (
        <WithAccount account={account} role={role} token={token} onAccepted={onWelcome} />
      ) : (
        <>
          {hasAccount ? <SignInForm onSignedIn={focusHeading} /> : <AccountForm token={token} onCreated={onWelcome} />}
          <p>
            {hasAccount ? "No account yet?" : "You have an account here?"}{" "}
            <button type="button" className="quiet small" onClick={() => showSignIn(!hasAccount)}>
              {hasAccount ? "Create one" : "Sign in to accept"}
            </button>
          </p>
        </>
      )}
    </div>
  );
}

export function Join() {
  const { who, retry, enter } = useSession();
  const router = useRouter();
  const token = useFragment();
  const [done, setDone] = useState(false);

  function welcome(account: Account) {
    setDone(true);
    enter(account);
    router.replace("/reports"); // and the used link leaves the history
  }

  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Join by invitation</Heading>
      </div>
      {who.phase === "error" && <Failure message={who.error.message} onRetry={retry} />}
      {(who.phase === "loading" || done) && <Loading />}
      {who.phase === "ready" && !done && token !== null && (
        <Invited key={token} token={token} account={who.value.account} onWelcome={welcome} />
      )}
    </div>
  );
}
