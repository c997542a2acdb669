import type { Metadata } from "next";
import Link from "next/link";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <div className="intro">
      <h1>There is no such page</h1>
      <p>
        The address may be mistyped or out of date. <Link href="/">Report an incident</Link> from the start page.
      </p>
    </div>
  );
}
