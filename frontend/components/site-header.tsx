"use client";

import { usePathname } from "next/navigation";
import { useState } from "react";
import { isAtLeast, type Account } from "@/lib/model";
import { useSession } from "./session";
import { SiteLink } from "./site-link";

function linksFor(account: Account | null): [string, string][] {
  if (!account) return [["/sign-in", "Sign in"]];
  const links: [string, string][] = [
    ["/reports", "Reports"],
    ["/reports/new", "File a report"],
  ];
  return isAtLeast(account.role, "administrator") ? [...links, ["/members", "Members"]] : links;
}

function SignOut({ account }: { account: Account }) {
  const { leave } = useSession();
  const [failure, setFailure] = useState("");
  return (
    <>
      <div className="account">
        <span className="account-name">{account.name}</span>
        <button type="button" className="quiet small" onClick={async () => setFailure(await leave())}>
          Sign out
        </button>
      </div>
      <p className="failure" role="alert" hidden={!failure}>
        You are still signed in. {failure}
      </p>
    </>
  );
}

/** The name of the site, the ways open to the reader, and who they are. */
export function SiteHeader() {
  const { who } = useSession();
  const path = usePathname();
  const account = who.phase === "ready" ? who.value.account : null;
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
            </SiteLink>
          ))}
        </nav>
      )}
      {account && <SignOut account={account} />}
    </header>
  );
}
