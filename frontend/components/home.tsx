"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { useSession } from "./session";

/** The first page: what this is, and the ways in; whoever is signed in goes on to the reports. */
export function Home() {
  const { who, status, retry } = useSession();
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
          Here you report a breach of the code of conduct, see what is done about it, and talk with the people who look
          into it. Only they and you can read what you write.
        </p>
        {who.phase === "error" && <Failure message={who.error.message} onRetry={retry} />}
        {!signedIn && (
          <p className="actions">
            <Link href="/register" className="button">
              Make an account
            </Link>
            <Link href="/sign-in" className="button quiet">
              Sign in
            </Link>
          </p>
        )}
        {status.phase === "ready" && status.value.empty && (
          <p className="notice">
            <strong>This installation is new.</strong> The first account made here becomes its administrator.
          </p>
        )}
      </div>
      <ol className="steps">
        <li>
          <h2>File a report</h2>
          <p>Say what happened in your own words. You decide how much you tell.</p>
        </li>
        <li>
          <h2>See that it is read</h2>
          <p>Responders acknowledge it and look into it; each step has a name and a time.</p>
        </li>
        <li>
          <h2>Stay in touch</h2>
          <p>Comments on the report reach both sides until it is resolved.</p>
        </li>
      </ol>
    </>
  );
}
