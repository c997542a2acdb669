import type { Values } from "./validation";

/**
 * What somebody typed into a form and has not sent. It survives a reload and other pages, in this tab only, until it is
 * sent or they sign out. Names begin with the account's id: nobody gets the text of another account.
 */
const PREFIX = "conducky draft ";

// Where the browser keeps nothing, as some do for a site that is blocked, text is lost with the page
const store = <T>(act: (storage: Storage) => T): T | undefined => {
  try {
    return act(window.sessionStorage);
  } catch {
    return undefined;
  }
};

const isEmpty = (values: Values): boolean => Object.values(values).every((value) => value.trim() === "");

export const dropDraft = (name: string) => store((storage) => storage.removeItem(PREFIX + name));

/** Keeps what a form holds. True when there is something to keep. */
export function keepDraft(name: string, values: Values): boolean {
  if (isEmpty(values)) dropDraft(name);
  else store((storage) => storage.setItem(PREFIX + name, JSON.stringify(values)));
  return !isEmpty(values);
}

export function draftOf(name: string): Values {
  const kept: unknown = store((storage) => JSON.parse(storage.getItem(PREFIX + name) ?? "{}"));
  const entries = typeof kept === "object" && kept !== null ? Object.entries(kept) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** Drops all drafts, but those of one account if that is given. */
export function dropDrafts(except?: string) {
  store((storage) => {
    for (const key of Object.keys(storage)) {
      if (key.startsWith(PREFIX) && !(except && key.startsWith(`${PREFIX}${except} `))) storage.removeItem(key);
    }
  });
}
