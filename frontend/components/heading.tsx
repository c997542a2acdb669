import type { ReactNode } from "react";

/** The heading of a page, which gets the focus when the page appears after another one. */
export function Heading({ children }: { children: ReactNode }) {
  return <h1 tabIndex={-1}>{children}</h1>;
}
