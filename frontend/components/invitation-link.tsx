"use client";

import { useEffect, useRef, useState } from "react";
import type { Invitation } from "@/lib/model";
import { ROLE_NAMES } from "@/lib/words";
import { Time } from "./time";

/** The link of an invitation just made. It is shown this once. */
export function InvitationLink({ invitation }: { invitation: Invitation & { url: string } }) {
  const box = useRef<HTMLDivElement>(null);
  const [copied, setCopied] = useState("");
  useEffect(() => box.current?.focus(), []);

  async function copy() {
    try {
      await navigator.clipboard.writeText(invitation.url);
      setCopied("Copied.");
    } catch {
      setCopied("Your browser does not allow copying here: select the link instead.");
    }
  }

  return (
    <div className="link-box" ref={box} tabIndex={-1} role="group" aria-label="The invitation's link">
      <p>
        <strong>Give this link to one person.</strong> It makes one {ROLE_NAMES[invitation.role].toLowerCase()}, works
        until <Time value={invitation.expiresAt} />, and is shown only now.
      </p>
      <code>{invitation.url}</code>
      <div className="actions">
        <button type="button" className="small" onClick={copy}>
          Copy the link
        </button>
        <span role="status">{copied}</span>
      </div>
    </div>
  );
}
