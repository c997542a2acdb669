"use client";

import { counted } from "@/lib/words";
import { useSession } from "./session";
import { SiteLink } from "./site-link";

/** Shown after signing in, where somebody tried it with wrong passwords before. */
export function FailedAttempts() {
  const { failures, forgetFailures } = useSession();
  if (failures === 0) return null;
  return (
    <div className="notice attempts" role="status">
      <p>
        There {failures === 1 ? "was" : "were"} {counted(failures, "failed attempt")} to sign in to your account since
        your last visit. If that was not you, <SiteLink href="/account">change your password</SiteLink>.
      </p>
      <button type="button" className="quiet small" onClick={forgetFailures}>
        Dismiss
      </button>
    </div>
  );
}
