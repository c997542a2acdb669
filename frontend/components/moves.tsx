"use client";

import { useRef, useState } from "react";
import { asApiError } from "@/lib/api";
import type { Report, State } from "@/lib/model";
import { MOVE_NAMES, STATE_NAMES } from "@/lib/words";
import { useSession } from "./session";

interface Props {
  report: Report;
  onMoved: (report: Report) => void;
}

/** A button for each state that the report may be moved to. */
export function Moves({ report, onMoved }: Props) {
  const { api } = useSession();
  const busy = useRef(false);
  const said = useRef<HTMLParagraphElement>(null);
  const [failed, setFailed] = useState(false);
  const [notice, setNotice] = useState("");

  function say(sentence: string, isFailure: boolean) {
    setFailed(isFailure);
    setNotice(sentence);
    said.current?.focus(); // the button pressed may be about to go
  }

  async function move(state: State) {
    if (busy.current) return;
    busy.current = true;
    try {
      onMoved(await api.move(report.id, state));
      say(`State changed to ${STATE_NAMES[state]}.`, false);
    } catch (error) {
      const { status, message } = asApiError(error);
      if (status === 409) await showAsItIs();
      else say(message, true);
    }
    busy.current = false;
  }

  async function showAsItIs() {
    const sentence = "Somebody else moved this report in the meantime.";
    try {
      onMoved(await api.report(report.id));
      say(`${sentence} This is how it is now.`, true);
    } catch {
      say(`${sentence} Reload this page to see it.`, true);
    }
  }

  return (
    <div className="moves">
      {report.moves.length > 0 && (
        <div className="actions" role="group" aria-label="Move this report">
          {report.moves.map((state, index) => (
            <button key={state} type="button" className={index > 0 ? "quiet" : undefined} onClick={() => move(state)}>
              {MOVE_NAMES[state]}
            </button>
          ))}
        </div>
      )}
      <p className={failed ? "failure" : "hint"} role="status" tabIndex={-1} ref={said}>
        {notice}
      </p>
    </div>
  );
}
