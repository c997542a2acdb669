"use client";

import { usePathname } from "next/navigation";
import { isAtLeast, type Account } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { counted } from "@/lib/words";
import { useNews } from "./news";
import { useSession } from "./session";
import { SiteLink } from "./site-link";

const MOST = 100; // the API counts no further

function linksFor(account: Account | null): [string, string][] {
  if (!account) return [["/sign-in", "Sign in"]];
  const links: [string, string][] = [
    ["/reports", "Reports"],
    ["/reports/new", "File a report"],
  ];
  if (!isAtLeast(account.role, "administrator")) return links;
  return [...links, ["/members", "Members"], ["/audit", "Audit log"]];
}

function SignOut({ account }: { account: Account }) {
  const { leave } = useSession();
  const path = usePathname();
  const { run, outcome } = useAction();
  return (
    <>
      <div className="account">
        <SiteLink href="/account" className="account-name" aria-current={path === "/account" ? "page" : undefined}>
          {account.name}
        </SiteLink>
        <button type="button" className="quiet small" onClick={() => run(() => leave())}>
          Sign out
        </button>
      </div>
      <p className="failure" role="alert" hidden={!outcome.failure}>
        You are still signed in. {outcome.failure}
      </p>
    </>
  );
}

/** The name of the site, its pages for the reader, and who they are. */
export function SiteHeader() {
  const { who } = useSession();
  const path = usePathname();
  const account = who.phase === "ready" ? who.value.account : null;
  const { unread } = useNews();
  return (
    <header className="top">
      <SiteLink href="/" className="brand">
        {/* eslint-disable-next-line @next/next/no-img-element -- an SVG needs no resizing */}
        <img src="/icon.svg" alt="" width={32} height={32} />
        Conducky
      </SiteLink>
      {who.phase === "ready" && (
        <nav aria-label="Main">
          {linksFor(account).map(([href, name]) => (
            <SiteLink key={href} href={href} aria-current={path === href ? "page" : undefined}>
              {name}
              {href === "/reports" && unread > 0 && (
                <>
                  {" "}
                  <span className="count">
                    {unread < MOST ? unread : `${MOST - 1}+`} <span className="unseen">with news</span>
                  </span>
                </>
              )}
            </SiteLink>
          ))}
        </nav>
      )}
      {account && <SignOut account={account} />}
      <p className="unseen" role="status">
        {unread > 0 && `${counted(unread, "report")} with news`}
      </p>
    </header>
  );
}
