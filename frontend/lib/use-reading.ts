"use client";

import { useEffect } from "react";
import { useNews } from "@/components/news";
import { useSession } from "@/components/session";
import type { Report } from "./model";

/** Notes that the reader has seen what is new in a report, once they see it: a hidden tab reads nothing. */
export function useReading({ id, unread, timeline }: Report, change: (newer: (report: Report) => Report) => void) {
  const { api } = useSession();
  const { ask } = useNews();
  const newest = timeline.items[0]?.id;
  useEffect(() => {
    if (!unread || !newest) return;
    let noting = false;
    function note() {
      if (noting || document.visibilityState === "hidden") return;
      noting = true;
      api.noteRead(id, newest as string).then(
        () => {
          change((now) => (now.timeline.items[0]?.id === newest ? { ...now, unread: false } : now));
          ask();
        },
        () => {
          noting = false; // it stays news
        },
      );
    }
    note();
    document.addEventListener("visibilitychange", note);
    return () => document.removeEventListener("visibilitychange", note);
  }, [api, ask, change, id, newest, unread]);
}
