import type { ApiError } from "@/lib/api";
import { Failure } from "./failure";

const WHY_NOT: Record<number, string> = {
  401: "This link is not valid. Open it exactly as you received it.",
  410: "This link has expired, was revoked or has been used. Ask for a new one.",
};

/** Why somebody's link does not open anything. */
export function DeadLink({ error, retry }: { error: ApiError; retry: () => void }) {
  const why = WHY_NOT[error.status];
  if (!why) return <Failure message={error.message} onRetry={retry} />;
  return (
    <div className="failure" role="alert">
      <p>{why}</p>
    </div>
  );
}
