"use client";

import { useRef, useState } from "react";
import { messageOf } from "./api";

/** What a button does: once at a time. `notice` or `failure` is what to say about how it went. */
export function useAction() {
  const busy = useRef(false);
  const [outcome, setOutcome] = useState({ notice: "", failure: "" });

  /** Resolves to whether it worked; `act` resolves to the notice. */
  async function run(act: () => Promise<string>): Promise<boolean> {
    if (busy.current) return false;
    busy.current = true;
    setOutcome({ notice: "", failure: "" });
    try {
      setOutcome({ notice: await act(), failure: "" });
      return true;
    } catch (error) {
      setOutcome({ notice: "", failure: messageOf(error) });
      return false;
    } finally {
      busy.current = false;
    }
  }
  return { run, outcome };
}
