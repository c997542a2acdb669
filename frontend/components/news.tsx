"use client";

import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { News } from "@/lib/model";
import { useTabCount } from "@/lib/tab-title";
import { useSession } from "./session";

const EVERY = 15_000; // milliseconds
const LONGEST = 300_000;
const NOTHING: News = { unread: 0, version: "" };

interface Told extends News {
  /** Asks at once, after something was read. */
  ask: () => void;
}

const NewsContext = createContext<Told>({ ...NOTHING, ask: () => {} });

export const useNews = () => use(NewsContext);

/**
 * Asks every now and then whether there is news for the account: not in a hidden tab, at once when the tab is seen
 * again, and ever more seldom while it fails. That it failed appears nowhere: what people do next will show it.
 */
export function NewsProvider({ children }: { children: ReactNode }) {
  const { api, who } = useSession();
  const account = who.phase === "ready" ? who.value.account : null;
  const id = account?.id;
  const [told, setTold] = useState<{ id: string; news: News } | null>(null);
  const asking = useRef(() => {});

  useEffect(() => {
    if (!id) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = EVERY;
    let round = 0; // of several answers only the newest counts
    async function ask(reader: string) {
      clearTimeout(timer);
      if (document.visibilityState === "hidden") return;
      round += 1;
      const own = round;
      const news = await api.news().catch(() => null);
      if (own !== round) return;
      if (news) setTold({ id: reader, news });
      wait = news ? EVERY : Math.min(wait * 2, LONGEST);
      timer = setTimeout(() => void ask(reader), wait);
    }
    const now = () => void ask(id);
    asking.current = now;
    now();
    document.addEventListener("visibilitychange", now);
    return () => {
      round += 1;
      clearTimeout(timer);
      asking.current = () => {};
      document.removeEventListener("visibilitychange", now);
    };
  }, [api, id]);

  const news = told && told.id === id ? told.news : NOTHING;
  useTabCount(news.unread);
  const ask = useCallback(() => asking.current(), []);
  const value = useMemo(() => ({ ...news, ask }), [news, ask]);
  return <NewsContext value={value}>{children}</NewsContext>;
}

/** Calls `renew` when something has changed that the account may read; and again with the next news if it rejects. */
export function useRenewal(renew: () => Promise<void>) {
  const news = useNews();
  const shown = useRef("");
  useEffect(() => {
    const { version } = news;
    const changed = shown.current !== "" && version !== "" && version !== shown.current;
    if (version !== "") shown.current = version;
    if (!changed) return;
    renew().catch(() => {
      shown.current = "not shown";
    });
  }, [news, renew]);
}
