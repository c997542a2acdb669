"use client";

import { useRef, useState } from "react";
import { messageOf } from "./api";

/** What a button does: once at a time. `notice` or `failure` is what to say about how it went. */
export function useAction() {
  const busy = useRef(false);
  const [running, setRunning] = useState(false);
  const [outcome, setOutcome] = useState({ notice: "", failure: "" });

  /** `act` resolves to the notice. */
  async function run(act: () => Promise<string>): Promise<void> {
    if (busy.current) return;
    busy.current = true;
    setRunning(true);
    setOutcome({ notice: "", failure: "" });
    try {
      setOutcome({ notice: await act(), failure: "" });
    } catch (error) {
      setOutcome({ notice: "", failure: messageOf(error) });
    }
    busy.current = false;
    setRunning(false);
  }
  return { run, running, outcome };
}
