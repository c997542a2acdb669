"use client";

import { AccountForm } from "./account-form";
import { Heading } from "./heading";
import { useSession } from "./session";
import { SignedOut } from "./signed-out";
import { SiteLink } from "./site-link";

export function Register() {
  const { status, enter } = useSession();
  const first = status.phase === "ready" && status.value.empty;
  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Make an account</Heading>
        <p>
          {first
            ? "It is the first one here, and becomes the administrator's."
            : "With it you file and follow reports."}{" "}
          You have one already? <SiteLink href="/sign-in">Sign in</SiteLink>.
        </p>
      </div>
      <SignedOut>
        <AccountForm onMade={enter} />
      </SignedOut>
    </div>
  );
}
