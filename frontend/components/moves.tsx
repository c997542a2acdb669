"use client";

import { useRef, useState } from "react";
import { ApiError, asApiError } from "@/lib/api";
import type { Report, State } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { FINISHING, moveName, STATE_NAMES } from "@/lib/words";
import { Confirm } from "./confirm";
import { Outcome } from "./outcome";
import { useSession } from "./session";

const MOVED = "Somebody else moved this report in the meantime.";

interface Props {
  report: Report;
  onMoved: (report: Report) => void;
}

/** A button for each state that the report can be moved to; those that finish it ask first. */
export function Moves({ report, onMoved }: Props) {
  const { api } = useSession();
  const { run, outcome } = useAction();
  const said = useRef<HTMLDivElement>(null);
  // What was asked about: the report may change under an open question, and then it is not what was answered
  const [asking, setAsking] = useState<{ to: State; from: State } | null>(null);

  async function move(to: State, from: State): Promise<string> {
    try {
      onMoved(await api.move(report.id, to, from));
      return `State changed to ${STATE_NAMES[to]}.`;
    } catch (error) {
      if (asApiError(error).status !== 409) throw error;
    }
    const now = await api.report(report.id).catch(() => {
      throw new ApiError(`${MOVED} Reload this page to see it.`, 409);
    });
    onMoved(now);
    throw new ApiError(`${MOVED} This is how it is now.`, 409);
  }

  async function act(to: State, from: State) {
    await run(() => move(to, from));
    said.current?.focus(); // the button pressed may be gone
  }

  function answer(confirmed: boolean) {
    setAsking(null);
    if (confirmed && asking) void act(asking.to, asking.from);
  }

  const question = asking && FINISHING[asking.to];
  return (
    <div className="moves">
      {report.moves.length > 0 && (
        <div className="actions" role="group" aria-label="Move this report">
          {report.moves.map((to, index) => (
            <button
              key={to}
              type="button"
              className={index > 0 ? "quiet" : undefined}
              onClick={() => (FINISHING[to] ? setAsking({ to, from: report.state }) : act(to, report.state))}
            >
              {moveName(report.state, to)}
            </button>
          ))}
        </div>
      )}
      {question && <Confirm {...question} onAnswer={answer} />}
      <div tabIndex={-1} ref={said}>
        <Outcome outcome={outcome} />
      </div>
    </div>
  );
}
