import type { Metadata } from "next";
import Link from "next/link";
import { Heading } from "@/components/heading";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <div className="intro">
      <Heading>There is no such page</Heading>
      <p>
        The address may be mistyped or out of date. <Link href="/">Go to the start page</Link>.
      </p>
    </div>
  );
}
