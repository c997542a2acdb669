"use client";

import { useRef } from "react";
import { ApiError, asApiError } from "@/lib/api";
import type { Report, State } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { MOVE_NAMES, STATE_NAMES } from "@/lib/words";
import { Outcome } from "./outcome";
import { useSession } from "./session";

const MOVED = "Somebody else moved this report in the meantime.";

interface Props {
  report: Report;
  onMoved: (report: Report) => void;
}

/** A button for each state that the report can be moved to. */
export function Moves({ report, onMoved }: Props) {
  const { api } = useSession();
  const { run, outcome } = useAction();
  const said = useRef<HTMLDivElement>(null);

  async function move(state: State): Promise<string> {
    try {
      onMoved(await api.move(report.id, state));
      return `State changed to ${STATE_NAMES[state]}.`;
    } catch (error) {
      if (asApiError(error).status !== 409) throw error;
    }
    const now = await api.report(report.id).catch(() => {
      throw new ApiError(`${MOVED} Reload this page to see it.`, 409);
    });
    onMoved(now);
    throw new ApiError(`${MOVED} This is how it is now.`, 409);
  }

  async function press(state: State) {
    await run(() => move(state));
    said.current?.focus(); // the button pressed may be gone
  }

  return (
    <div className="moves">
      {report.moves.length > 0 && (
        <div className="actions" role="group" aria-label="Move this report">
          {report.moves.map((state, index) => (
            <button key={state} type="button" className={index > 0 ? "quiet" : undefined} onClick={() => press(state)}>
              {MOVE_NAMES[state]}
            </button>
          ))}
        </div>
      )}
      <div tabIndex={-1} ref={said}>
        <Outcome outcome={outcome} />
      </div>
    </div>
  );
}
