"use client";

import { useEffect, useState } from "react";
import { messageOf } from "./api";

export type Answer<T> = { phase: "loading" } | { phase: "ready"; value: T } | { phase: "error"; message: string };

/** The answer to a request that is made when the component appears and whenever `ask` changes. */
export function useAnswer<T>(ask: () => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ phase: "loading" });
  useEffect(() => {
    let current = true;
    ask().then(
      (value) => current && setAnswer({ phase: "ready", value }),
      (error: unknown) => current && setAnswer({ phase: "error", message: messageOf(error) }),
    );
    return () => {
      current = false;
    };
  }, [ask]);
  return answer;
}
