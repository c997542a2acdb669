import { audit } from "../audit/audit.js";
import type { Services } from "../services.js";
import { lockAdministrators } from "./administrators.js";
import { createLink } from "./links.js";

const LIFETIME_MS = 60 * 60 * 1000;

/**
 * A link with which one person creates an administrator's account, within an hour. It is the only way to the first
 * administrator, and the way back in when no administrator can sign in. An earlier link that was not used ends.
 */
export async function createAdministratorLink(
  services: Pick<Services, "config" | "prisma" | "tokens">,
): Promise<string> {
  const { url, tokenHash } = createLink(services, "invitation");
  const expiresAt = new Date(Date.now() + LIFETIME_MS);
  await services.prisma.$transaction(async (tx) => {
    await lockAdministrators(tx);
    await tx.invitation.deleteMany({ where: { createdById: null, acceptedAt: null } });
    await audit(tx, null, { action: "administrator_link_created" });
    await tx.invitation.create({ data: { role: "administrator", tokenHash, expiresAt } });
  });
  return url;
}
