"use client";

import { useCallback } from "react";
import type { Page } from "./model";
import { useAction } from "./use-action";
import { useAnswer } from "./use-answer";

/** A list that is loaded part by part: the first part at once, each further one at `more`. */
export function usePaged<T>(ask: (before?: string) => Promise<Page<T>>) {
  const { answer, retry, change } = useAnswer<Page<T>>(useCallback(() => ask(), [ask]));
  const { run, running, outcome } = useAction();

  async function more(): Promise<void> {
    if (answer.phase !== "ready" || !answer.value.next) return;
    const before = answer.value.next;
    await run(async () => {
      const { items, next, total } = await ask(before);
      change((shown) => ({ items: [...shown.items, ...items], next, total }));
      return "";
    });
  }
  return { answer, retry, change, more, loadingMore: running, failure: outcome.failure };
}

export type Paged<T> = ReturnType<typeof usePaged<T>>;
