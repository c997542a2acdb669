"use client";

import { AccountForm } from "./account-form";
import { Heading } from "./heading";
import { useSession } from "./session";
import { SignedOut } from "./signed-out";
import { SiteLink } from "./site-link";

export function Register() {
  const { enter } = useSession();
  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Create an account</Heading>
        <p>
          With an account you can file reports and follow them. Already have one?{" "}
          <SiteLink href="/sign-in">Sign in</SiteLink>.
        </p>
      </div>
      <SignedOut>
        <AccountForm onCreated={enter} />
      </SignedOut>
    </div>
  );
}
