"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { isAtLeast, type Account } from "@/lib/model";
import { useSession } from "./session";

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
    <div className="account">
      <span className="account-name">{account.name}</span>
      <button type="button" className="quiet small" onClick={async () => setFailure(await leave())}>
        Sign out
      </button>
      <p className="failure" role="alert" hidden={!failure}>
        You are still signed in. {failure}
      </p>
    </div>
  );
}

/** The name of the site, the ways open to the reader, and who they are. */
export function SiteHeader() {
  const { who } = useSession();
  const path = usePathname();
  const account = who.phase === "ready" ? who.value.account : null;
  return (
    <header className="top">
      <Link href="/" className="brand" prefetch={false}>
        {/* eslint-disable-next-line @next/next/no-img-element -- an SVG needs no resizing */}
        <img src="/icon.svg" alt="" width={32} height={32} />
        Conducky
      </Link>
      {who.phase === "ready" && (
        <nav aria-label="Main">
          {linksFor(account).map(([href, name]) => (
            <Link key={href} href={href} prefetch={false} aria-current={path === href ? "page" : undefined}>
              {name}
            </Link>
          ))}
        </nav>
      )}
      {account && <SignOut account={account} />}
    </header>
  );
}
