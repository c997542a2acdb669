"use client";

import { usePathname } from "next/navigation";
import { CONTACT } from "./conduct";
import { useSession } from "./session";
import { SiteLink } from "./site-link";

/** What the site stands for and whom to ask; for administrators also the way to what is running. */
export function SiteFooter() {
  const { who } = useSession();
  const path = usePathname();
  const isAdministrator = who.phase === "ready" && who.value.account?.role === "administrator";
  const current = (href: string) => (path === href ? "page" : undefined);
  return (
    <footer className="foot">
      <nav aria-label="About this site">
        <SiteLink href="/conduct" aria-current={current("/conduct")}>
          Code of conduct
        </SiteLink>
        {isAdministrator && (
          <SiteLink href="/status" aria-current={current("/status")}>
            Status
          </SiteLink>
        )}
      </nav>
      <p>Questions? Contact {CONTACT}.</p>
    </footer>
  );
}
