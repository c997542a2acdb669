import type { Request } from "express";
import { idOf } from "../http/fields.js";
import { Problem } from "../http/problem.js";
import type { Services } from "../services.js";

const PAGES = { invitation: "join", password: "reset" } as const;

type Kind = keyof typeof PAGES;

/** The answer to a link that was genuine once. */
export const goneLink = () =>
  new Problem(410, "This link has expired, was revoked or has been used. Ask for a new one.");

/**
 * A link to the frontend, and what its row keeps of it. Behind the `#` a token is sent to no server and appears in no
 * log.
 */
export function createLink({ config, tokens }: Pick<Services, "config" | "tokens">, kind: Kind) {
  const token = tokens.draw();
  return { url: `${config.FRONTEND_BASE_URL}/${PAGES[kind]}#${token}`, tokenHash: tokens.hash(kind, token) };
}

/** How to find the row of the link that a request carries as its bearer token. Throws a 401 or a 410. */
export async function readLink(
  { tokens }: Services,
  kind: Kind,
  request: Request,
): Promise<{ tokenHash: string } | { id: string }> {
  const token = /^Bearer (\S+)$/i.exec(request.get("authorization") ?? "")?.[1] ?? "";
  const tokenHash = tokens.hash(kind, token);
  if (tokenHash !== null) return { tokenHash };
  // A link of an earlier release, which is its row's id, signed
  const found = await tokens.verify(kind, token);
  if (found === "expired") throw goneLink();
  if (!found) throw new Problem(401, "This link is not valid. Open it exactly as you received it.");
  return { id: idOf(found.subject) };
}
