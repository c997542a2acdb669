"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { useSession } from "./session";
import { SiteLink } from "./site-link";

/** The first page: what this is, and how to start; people who are signed in are led to the reports. */
export function Home() {
  const { who, retry } = useSession();
  const router = useRouter();
  const signedIn = who.phase === "ready" && who.value.account !== null;
  useEffect(() => {
    if (signedIn) router.replace("/reports");
  }, [signedIn, router]);

  return (
    <>
      <div className="intro">
        <Heading>Something happened? Tell us.</Heading>
        <p>
          Report a breach of the code of conduct, follow how it is handled, and talk with the people who look into it.
          Only you and they can read what you write.
        </p>
        {who.phase === "error" && <Failure message={who.error.message} onRetry={retry} />}
        {!signedIn && (
          <p className="actions">
            <SiteLink href="/register" className="button">
              Create an account
            </SiteLink>
            <SiteLink href="/sign-in" className="button quiet">
              Sign in
            </SiteLink>
          </p>
        )}
      </div>
      <ol className="steps">
        <li>
          <h2>File a report</h2>
          <p>Say what happened in your own words. You decide how much to tell.</p>
        </li>
        <li>
          <h2>See it being read</h2>
          <p>Responders acknowledge it and look into it. Each step shows who took it, and when.</p>
        </li>
        <li>
          <h2>Stay in touch</h2>
          <p>You and the responders can comment on the report at any time.</p>
        </li>
      </ol>
    </>
  );
}
