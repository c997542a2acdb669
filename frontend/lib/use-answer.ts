"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { asApiError, type ApiError } from "./api";

export type Answer<T> = { phase: "loading" } | { phase: "ready"; value: T } | { phase: "error"; error: ApiError };

/**
 * The answer to a request that is sent when the component appears, and again at `retry`. `change` replaces the
 * value by a newer one; `renew` asks again and quietly shows what is there now. For another question give the component another key, so that nothing of the former
 * answer stays on screen.
 */
export function useAnswer<T>(ask: () => Promise<T>) {
  const [answer, setAnswer] = useState<Answer<T>>({ phase: "loading" });
  const [round, setRound] = useState(0);
  const changes = useRef(0);
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
  const change = useCallback((newer: (value: T) => T) => {
    changes.current += 1;
    setAnswer((before) => (before.phase === "ready" ? { phase: "ready", value: newer(before.value) } : before));
  }, []);
  const ready = answer.phase === "ready";
  /** `merge` joins what is there now with what is shown. Rejects when it cannot be had now. */
  const renew = useCallback(
    async (again: () => Promise<T>, merge: (newer: T, shown: T) => T) => {
      if (!ready) return;
      const before = changes.current;
      const newer = await again().catch((error: unknown) => {
        const { status } = asApiError(error);
        // The reader may not see it any more
        if (status === 403 || status === 404) setAnswer({ phase: "error", error: asApiError(error) });
        throw error;
      });
      // What the reader did meanwhile may not be in the answer
      if (before !== changes.current) throw new Error("changed meanwhile");
      setAnswer((shown) => (shown.phase === "ready" ? { phase: "ready", value: merge(newer, shown.value) } : shown));
    },
    [ready],
  );
  return { answer, retry, change, renew };
}
