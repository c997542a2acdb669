"use client";

import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { asApiError, createApi, type Api } from "@/lib/api";
import { apiUrlOfPage } from "@/lib/api-url";
import { dropDrafts } from "@/lib/drafts";
import type { Account } from "@/lib/model";
import type { Answer } from "@/lib/use-answer";

/** Who is signed in, else why nobody is: nobody was, their session ended, or they signed out. */
export type Who = { account: Account } | { account: null; why: "never" | "ended" | "left" };

interface Session {
  api: Api;
  who: Answer<Who>;
  /** How often others failed to sign in to the account before its owner did. */
  failures: number;
  forgetFailures: () => void;
  /** Somebody has signed in, or the signed-in account has changed. */
  enter: (account: Account, failures?: number) => void;
  /** Sign out, here or everywhere. Resolves to an empty notice; rejects when they are still signed in. */
  leave: (everywhere?: boolean) => Promise<string>;
  retry: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("there is no SessionProvider around this component");
  return session;
}

const LEFT: Answer<Who> = { phase: "ready", value: { account: null, why: "left" } };

/** The other tabs of this site: they are signed out together. */
const otherTabs = () => (typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("conducky session"));

function found(account: Account | null, before: Answer<Who>): Answer<Who> {
  if (account) return { phase: "ready", value: { account } };
  if (before.phase !== "ready") return { phase: "ready", value: { account, why: "never" } };
  return before.value.account ? { phase: "ready", value: { account, why: "ended" } } : before;
}

/** Asks who is signed in at first, and again when that may have changed: in another tab, or after a refused call. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [apiUrl] = useState(apiUrlOfPage);
  const plain = useMemo(() => createApi(apiUrl), [apiUrl]);
  const [who, setWho] = useState<Answer<Who>>({ phase: "loading" });
  const [failures, setFailures] = useState(0);
  const turn = useRef(0); // an answer from before somebody signed in or out is out of date

  const look = useCallback(() => {
    const asked = turn.current;
    plain.session().then(
      ({ account }) => asked === turn.current && setWho((before) => found(account, before)),
      (error: unknown) =>
        setWho((before) => (before.phase === "loading" ? { phase: "error", error: asApiError(error) } : before)),
    );
  }, [plain]);

  // Text of one account is nothing for the next one at this tab, and nothing stays after signing out
  useEffect(() => {
    if (who.phase !== "ready") return;
    if (who.value.account) dropDrafts(who.value.account.id);
    else if (who.value.why === "left") dropDrafts();
  }, [who]);

  useEffect(() => {
    const channel = otherTabs();
    if (!channel) return;
    channel.onmessage = () => {
      turn.current += 1;
      setWho((before) => (before.phase === "ready" && before.value.account ? LEFT : before));
    };
    return () => channel.close();
  }, []);

  useEffect(() => {
    look();
    const lookWhenSeen = () => document.visibilityState === "visible" && look();
    window.addEventListener("focus", look);
    window.addEventListener("pageshow", lookWhenSeen);
    return () => {
      window.removeEventListener("focus", look);
      window.removeEventListener("pageshow", lookWhenSeen);
    };
  }, [look]);

  const api = useMemo(
    () =>
      // eslint-disable-next-line react-hooks/refs -- called when the API refuses, never while rendering
      createApi(apiUrl, ({ status: code }) => {
        if (code === 401 || code === 403) look();
      }),
    [apiUrl, look],
  );
  const session = useMemo<Session>(
    () => ({
      api,
      who,
      failures,
      forgetFailures: () => setFailures(0),
      enter(account, failed = 0) {
        turn.current += 1;
        setFailures(failed);
        setWho({ phase: "ready", value: { account } });
      },
      async leave(everywhere = false) {
        await (everywhere ? plain.signOutEverywhere() : plain.signOut());
        turn.current += 1;
        setWho(LEFT);
        const channel = otherTabs();
        channel?.postMessage("left");
        channel?.close();
        return "";
      },
      retry() {
        setWho({ phase: "loading" });
        look();
      },
    }),
    [api, look, plain, who, failures],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}
