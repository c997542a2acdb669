"use client";

import Link from "next/link";
import { AccountForm } from "./account-form";
import { Heading } from "./heading";
import { useSession } from "./session";
import { SignedOut } from "./signed-out";

export function Register() {
  const { status, enter } = useSession();
  const first = status.phase === "ready" && status.value.empty;
  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Make an account</Heading>
        <p>
          {first ? "It is the first one here, and becomes the administrator's." : "With it you file and follow reports."}{" "}
          You have one already? <Link href="/sign-in">Sign in</Link>.
        </p>
      </div>
      <SignedOut>
        <AccountForm onMade={enter} />
      </SignedOut>
    </div>
  );
}
