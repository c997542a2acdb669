"use client";

import { useCallback } from "react";
import type { Page } from "./model";
import { useAction } from "./use-action";
import { useAnswer } from "./use-answer";

const LONGEST_PAGE = 100; // the API's

/** What is newest now, and below it the older entries that are shown already. Ids sort by time. */
function below<T extends { id: string }>(newer: Page<T>, shown: Page<T>): Page<T> {
  const last = newer.items.at(-1);
  const older = newer.next && last ? shown.items.filter(({ id }) => id < last.id) : [];
  return { ...newer, items: [...newer.items, ...older], next: older.length > 0 ? shown.next : newer.next };
}

/**
 * A list that is loaded part by part: the first part at once, each further one at `more`. `renew` shows what has
 * changed in it, where `ask` can ask for more entries at once.
 */
export function usePaged<T extends { id: string }>(ask: (before?: string, limit?: number) => Promise<Page<T>>) {
  const { answer, retry, change, renew } = useAnswer<Page<T>>(useCallback(() => ask(), [ask]));
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
  const count = answer.phase === "ready" ? answer.value.items.length : 0;
  const renewAll = useCallback(
    () => renew(() => ask(undefined, Math.min(Math.max(count, 20), LONGEST_PAGE)), below),
    [ask, count, renew],
  );
  return { answer, retry, change, more, renew: renewAll, loadingMore: running, failure: outcome.failure };
}

export type Paged<T extends { id: string }> = ReturnType<typeof usePaged<T>>;
