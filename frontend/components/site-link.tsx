"use client";

import { useRouter } from "next/navigation";
import type { ComponentProps, MouseEvent } from "react";

interface Props extends ComponentProps<"a"> {
  href: string;
}

const isPlainClick = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/**
 * A link to a page of this site, opened without reloading the site. Next's own link also loads
 * pages ahead, for which no page here is slow enough, and weighs 4 KB on the first page.
 */
export function SiteLink({ href, ...attributes }: Props) {
  const router = useRouter();
  function open(event: MouseEvent) {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    router.push(href, { scroll: !href.includes("?") });
  }
  return <a href={href} onClick={open} {...attributes} />;
}
