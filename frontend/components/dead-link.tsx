import type { ApiError } from "@/lib/api";
import { Failure } from "./failure";

/** Why a link does not open anything: trying again helps only where the API did not judge it. */
export function DeadLink({ error, retry }: { error: ApiError; retry: () => void }) {
  if (error.status !== 401 && error.status !== 410) return <Failure message={error.message} onRetry={retry} />;
  return (
    <p className="failure" role="alert">
      {error.message}
    </p>
  );
}
