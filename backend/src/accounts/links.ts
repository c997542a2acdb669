import type { Request } from "express";
import { Problem } from "../http/problem.js";
import type { Services } from "../services.js";

const PAGES = { invitation: "join", password: "reset" } as const;

type Kind = keyof typeof PAGES;

/** The answer to a link that was genuine once. */
export const goneLink = () =>
  new Problem(410, "This link has expired, was revoked or has been used. Ask for a new one.");

/** A link to the frontend. Behind the `#` a token is sent to no server and appears in no log. */
export async function createLink(
  { config, tokens }: Pick<Services, "config" | "tokens">,
  kind: Kind,
  { id, expiresAt }: { id: string; expiresAt: Date },
) {
  return `${config.FRONTEND_BASE_URL}/${PAGES[kind]}#${await tokens.sign(kind, id, expiresAt)}`;
}

/** The row's id in the link that a request carries as its bearer token. Throws a 401 or a 410. */
export async function readLink({ tokens }: Services, kind: Kind, request: Request): Promise<string> {
  const token = /^Bearer (\S+)$/i.exec(request.get("authorization") ?? "")?.[1] ?? "";
  const found = await tokens.verify(kind, token);
  if (found === "expired") throw goneLink();
  if (!found) throw new Problem(401, "This link is not valid. Open it exactly as you received it.");
  return found.subject;
}
