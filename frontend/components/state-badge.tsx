import type { State } from "@/lib/model";
import { STATE_NAMES } from "@/lib/words";

export function StateBadge({ state }: { state: State }) {
  return (
    <span className="badge" data-state={state}>
      {STATE_NAMES[state]}
    </span>
  );
}
