import type { Values } from "./validation";

/**
 * What somebody typed into a form that could not be sent because their session had ended, until they
 * have signed in again. In this page's memory only, and under a name that holds the account's id.
 */
const drafts = new Map<string, Values>();

export const keepDraft = (name: string, values: Values) => void drafts.set(name, values);
export const draftOf = (name: string): Values => drafts.get(name) ?? {};
export const dropDraft = (name: string) => void drafts.delete(name);
export const dropAllDrafts = () => drafts.clear();
