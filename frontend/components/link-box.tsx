"use client";

import { useEffect, useRef, useState, type ReactNode } from "react";
import { copyText } from "@/lib/copy";
import type { Link } from "@/lib/model";
import { Time } from "./time";

/** A link for one person, which was just created. It is shown this once. */
export function LinkBox({ label, link, children }: { label: string; link: Link; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const url = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState("");
  useEffect(() => box.current?.focus(), []);

  async function copy() {
    const isCopied = url.current !== null && (await copyText(url.current));
    setCopied(isCopied ? "Copied." : "Your browser does not let this page copy. The link is selected: copy it yourself.");
  }

  return (
    <div className="link-box wide" ref={box} tabIndex={-1} role="group" aria-label={label}>
      <p>
        {children} It works once, until <Time value={link.expiresAt} />, and is shown only now.
      </p>
      <code ref={url}>{link.url}</code>
      <div className="actions">
        <button type="button" className="small" onClick={copy}>
          Copy link
        </button>
        <span role="status">{copied}</span>
      </div>
    </div>
  );
}
