"use client";

import { useEffect } from "react";

const SITE = "Conducky";

// A browser tab has one title, so this is one for the whole page
let ofPage = ""; // as Next sets it
let own: string | null = null;
let unread = 0;
let written = "";

function write() {
  written = `${unread > 0 ? `(${unread}) ` : ""}${own === null ? ofPage : `${own} · ${SITE}`}`;
  if (document.title !== written) document.title = written;
}

/** Keeps the number of reports with news before the title of every page. */
export function useTabCount(count: number) {
  useEffect(() => {
    ofPage = document.title;
    const observer = new MutationObserver(() => {
      if (document.title === written) return;
      ofPage = document.title;
      write();
    });
    observer.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    unread = count;
    write();
    return () => {
      unread = 0;
      write();
    };
  }, [count]);
}

/** Shows a title that only the data of a page has, as long as the page is shown. */
export function useTabTitle(title: string | null) {
  useEffect(() => {
    if (title === null) return;
    own = title;
    write();
    return () => {
      own = null;
      write();
    };
  }, [title]);
}
