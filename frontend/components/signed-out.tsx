"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useEffect, useRef, type ReactNode } from "react";
import { safePath } from "@/lib/safe-path";
import { Failure } from "./failure";
import { Loading } from "./loading";
import { useSession } from "./session";

/** Its children for people who are not signed in; others are led to the page they wanted. */
export function SignedOut({ children }: { children: ReactNode }) {
  const { who, retry } = useSession();
  const router = useRouter();
  const next = safePath(useSearchParams().get("next"));
  const signedIn = who.phase === "ready" && who.value.account !== null;
  const going = useRef(false); // once: on the way the address is another already
  useEffect(() => {
    if (!signedIn || going.current) return;
    going.current = true;
    router.replace(next);
  }, [signedIn, router, next]);

  if (who.phase === "error") return <Failure message={who.error.message} onRetry={retry} />;
  // Once signed in the form stays, blocked, until the next page is there
  return who.phase === "loading" ? <Loading /> : children;
}
