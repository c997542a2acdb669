"use client";

import { useRouter } from "next/navigation";
import { createContext, use, useEffect, type ReactNode } from "react";
import { isAtLeast, type Account, type Role } from "@/lib/model";
import { signInPath } from "@/lib/safe-path";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { useSession } from "./session";

const AccountContext = createContext<Account | null>(null);

/** The signed-in account, inside of SignedIn. */
export function useAccount(): Account {
  const account = use(AccountContext);
  if (!account) throw new Error("there is no SignedIn around this component");
  return account;
}

interface Props {
  atLeast?: Role;
  children: ReactNode;
}

/**
 * Its children for people who are signed in, mounted again for each account so that nothing of a former one
 * remains; others are led to the sign-in page and back.
 */
export function SignedIn({ atLeast = "reporter", children }: Props) {
  const { who, retry } = useSession();
  const router = useRouter();
  const nobody = who.phase === "ready" && !who.value.account ? who.value.why : null;
  useEffect(() => {
    if (nobody === "left") router.replace("/");
    else if (nobody) router.replace(signInPath(window.location.pathname + window.location.search));
  }, [nobody, router]);

  if (who.phase === "error") {
    return (
      <>
        <div className="intro">
          <Heading>This page is not available right now</Heading>
        </div>
        <Failure message={who.error.message} onRetry={retry} />
      </>
    );
  }
  if (who.phase === "loading" || !who.value.account) return <Loading />;
  const { account } = who.value;
  if (!isAtLeast(account.role, atLeast)) {
    return (
      <div className="intro">
        <Heading>You don’t have access to this page</Heading>
        <p>It is for {atLeast}s only. If you need something here, ask one of them.</p>
      </div>
    );
  }
  return (
    <AccountContext key={account.id} value={account}>
      {children}
    </AccountContext>
  );
}
