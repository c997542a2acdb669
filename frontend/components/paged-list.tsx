"use client";

import { useEffect, useRef, type ReactNode } from "react";
import type { Paged } from "@/lib/use-paged";
import { counted } from "@/lib/words";
import { Failure } from "./failure";

interface Props<T extends { id: string }> {
  list: Paged<T>;
  /** What one of them is called, in the singular. */
  noun: string;
  /** Shown for an empty list. */
  empty: ReactNode;
  row: (item: T) => ReactNode;
}

function summary<T extends { id: string }>({ answer }: Paged<T>, noun: string): string {
  if (answer.phase === "loading") return "Loading…";
  if (answer.phase === "error") return "";
  const { items, total } = answer.value;
  return items.length < total ? `${items.length} of ${counted(total, noun)}` : counted(total, noun);
}

/** A list with its count, its loading, error and empty states, and a button for more. */
export function PagedList<T extends { id: string }>({ list, noun, empty, row }: Props<T>) {
  const { answer } = list;
  const shown = useRef<HTMLUListElement>(null);
  const firstNew = useRef(0);
  const items = answer.phase === "ready" ? answer.value.items : [];

  // The first new entry gets the focus: the button may be gone
  useEffect(() => {
    if (firstNew.current === 0 || items.length <= firstNew.current) return;
    shown.current?.children[firstNew.current]?.querySelector<HTMLElement>("a, button, select")?.focus();
    firstNew.current = 0;
  }, [items.length]);

  function more() {
    firstNew.current = items.length;
    void list.more();
  }

  return (
    <div className="list">
      <p className="hint" role="status">
        {summary(list, noun)}
      </p>
      {answer.phase === "error" && <Failure message={answer.error.message} onRetry={list.retry} />}
      {answer.phase === "ready" && items.length === 0 && <div className="empty">{empty}</div>}
      {items.length > 0 && (
        <ul className="rows" ref={shown}>
          {items.map((item) => (
            <li key={item.id}>{row(item)}</li>
          ))}
        </ul>
      )}
      <p className="failure" role="alert" hidden={!list.failure}>
        {list.failure}
      </p>
      {answer.phase === "ready" && answer.value.next && (
        <button type="button" className="quiet" aria-disabled={list.loadingMore} onClick={more}>
          {list.loadingMore ? "Loading…" : "Show more"}
        </button>
      )}
    </div>
  );
}
