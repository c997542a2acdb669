"use client";

import { useCallback, useEffect, useState } from "react";
import { asApiError, type ApiError } from "./api";

export type Answer<T> = { phase: "loading" } | { phase: "ready"; value: T } | { phase: "error"; error: ApiError };

/**
 * The answer to a request that is sent when the component appears, and again at `retry`. `change` replaces the
 * value by a newer one. For another question give the component another key, so that nothing of the former
 * answer stays on screen.
 */
export function useAnswer<T>(ask: () => Promise<T>) {
  const [answer, setAnswer] = useState<Answer<T>>({ phase: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    ask().then(
      (value) => current && setAnswer({ phase: "ready", value }),
      (error: unknown) => current && setAnswer({ phase: "error", error: asApiError(error) }),
    );
    return () => {
      current = false;
    };
  }, [ask, round]);

  const retry = useCallback(() => {
    setAnswer({ phase: "loading" });
    setRound((count) => count + 1);
  }, []);
  const change = useCallback(
    (newer: (value: T) => T) =>
      setAnswer((before) => (before.phase === "ready" ? { phase: "ready", value: newer(before.value) } : before)),
    [],
  );
  return { answer, retry, change };
}
