"use client";

import { usePathname } from "next/navigation";
import { Suspense, useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import { focusHeading } from "@/lib/focus";
import { FailedAttempts } from "./failed-attempts";
import { NewsProvider } from "./news";
import { SessionProvider } from "./session";
import { SiteFooter } from "./site-footer";
import { SiteHeader } from "./site-header";

/** What every page has around it. */
export function Shell({ children }: { children: ReactNode }) {
  const path = usePathname();
  const shown = useRef(path);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    if (shown.current !== path) focusHeading();
    shown.current = path;
  }, [path]);
  // The address stays: on some pages it ends with a link's token
  function skip(event: MouseEvent) {
    event.preventDefault();
    main.current?.focus();
  }
  return (
    <SessionProvider>
      <NewsProvider>
        <a className="skip" href="#content" onClick={skip}>
          Skip to content
        </a>
        <SiteHeader />
        <main id="content" tabIndex={-1} ref={main}>
          <noscript>
            <p className="failure">This site needs JavaScript. Please enable it.</p>
          </noscript>
          <FailedAttempts />
          <Suspense>{children}</Suspense>
        </main>
        <SiteFooter />
      </NewsProvider>
    </SessionProvider>
  );
}
