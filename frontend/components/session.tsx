"use client";

import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { asApiError, createApi, messageOf, type Api } from "@/lib/api";
import { dropAllDrafts } from "@/lib/drafts";
import type { Account, Status } from "@/lib/model";
import { useAnswer, type Answer } from "@/lib/use-answer";

/** Who is signed in, else why nobody is: nobody was, their session ended, or they signed out. */
export type Who = { account: Account } | { account: null; why: "never" | "ended" | "left" };

interface Session {
  api: Api;
  who: Answer<Who>;
  status: Answer<Status>;
  /** Somebody has signed in, or the signed-in account has changed. */
  enter: (account: Account) => void;
  /** Sign out. The sentence it resolves to is empty, or says why they still are signed in. */
  leave: () => Promise<string>;
  retry: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("there is no SessionProvider around this component");
  return session;
}

function found(account: Account | null, before: Answer<Who>): Answer<Who> {
  if (account) return { phase: "ready", value: { account } };
  if (before.phase !== "ready") return { phase: "ready", value: { account, why: "never" } };
  return before.value.account ? { phase: "ready", value: { account, why: "ended" } } : before;
}

/** Asks who is signed in at first, and again when that may have changed: in another tab, or when a call was refused. */
export function SessionProvider({ apiUrl, children }: { apiUrl: string; children: ReactNode }) {
  const plain = useMemo(() => createApi(apiUrl), [apiUrl]);
  const [who, setWho] = useState<Answer<Who>>({ phase: "loading" });
  const { answer: status, retry: askStatus } = useAnswer(plain.status);
  const turn = useRef(0); // an answer from before somebody signed in or out says nothing any more

  const look = useCallback(() => {
    const asked = turn.current;
    plain.session().then(
      ({ account }) => asked === turn.current && setWho((before) => found(account, before)),
      (error: unknown) =>
        setWho((before) => (before.phase === "loading" ? { phase: "error", error: asApiError(error) } : before)),
    );
  }, [plain]);

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
      status,
      enter(account) {
        turn.current += 1;
        setWho({ phase: "ready", value: { account } });
        askStatus(); // the installation is no longer empty
      },
      async leave() {
        try {
          await plain.signOut();
        } catch (error) {
          return messageOf(error);
        }
        turn.current += 1;
        dropAllDrafts();
        setWho({ phase: "ready", value: { account: null, why: "left" } });
        return "";
      },
      retry() {
        setWho({ phase: "loading" });
        look();
      },
    }),
    [api, look, plain, who, status, askStatus],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}
