"use client";

import { useCallback, useRef, useState } from "react";
import { messageOf } from "./api";
import type { Page } from "./model";
import { useAnswer } from "./use-answer";

/** A list that is loaded part by part: the first part at once, each further one at `more`. */
export function usePaged<T>(ask: (before?: string) => Promise<Page<T>>) {
  const { answer, retry, change } = useAnswer<Page<T>>(useCallback(() => ask(), [ask]));
  const [failure, setFailure] = useState("");
  const [loadingMore, setLoadingMore] = useState(false);
  const busy = useRef(false);

  async function more(): Promise<void> {
    if (busy.current || answer.phase !== "ready" || !answer.value.next) return;
    busy.current = true;
    setLoadingMore(true);
    try {
      const { items, next, total } = await ask(answer.value.next);
      change((before) => ({ items: [...before.items, ...items], next, total }));
      setFailure("");
    } catch (error) {
      setFailure(messageOf(error));
    } finally {
      busy.current = false;
      setLoadingMore(false);
    }
  }
  return { answer, retry, change, more, loadingMore, failure };
}

export type Paged<T> = ReturnType<typeof usePaged<T>>;
