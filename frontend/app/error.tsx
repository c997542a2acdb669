"use client";

import { Failure } from "@/components/failure";
import { Heading } from "@/components/heading";

/** Shown in place of a page that failed. */
export default function PageError({ reset }: { error: Error; reset: () => void }) {
  return (
    <>
      <div className="intro">
        <Heading>This page failed</Heading>
      </div>
      <Failure message="Something went wrong on this page. Everything you did before is safe." onRetry={reset} />
    </>
  );
}
