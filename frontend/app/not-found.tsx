import type { Metadata } from "next";
import { Heading } from "@/components/heading";
import { SiteLink } from "@/components/site-link";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <div className="intro">
      <Heading>There is no such page</Heading>
      <p>
        The address may be mistyped or out of date. <SiteLink href="/">Go to the start page</SiteLink>.
      </p>
    </div>
  );
}
