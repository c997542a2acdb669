"use client";

import { usePathname } from "next/navigation";
import { Suspense, useEffect, useRef, type ReactNode } from "react";
import { focusHeading } from "@/lib/focus";
import { FailedAttempts } from "./failed-attempts";
import { SessionProvider } from "./session";
import { SiteHeader } from "./site-header";
import { Status } from "./status";

/** What every page has around it. */
export function Shell({ children }: { children: ReactNode }) {
  const path = usePathname();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current !== path) focusHeading();
    shown.current = path;
  }, [path]);
  return (
    <SessionProvider>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <SiteHeader />
      <main id="content" tabIndex={-1}>
        <noscript>
          <p className="failure">This site needs JavaScript. Please enable it.</p>
        </noscript>
        <FailedAttempts />
        <Suspense>{children}</Suspense>
      </main>
      <Status />
    </SessionProvider>
  );
}
