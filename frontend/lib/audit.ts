import type { AuditEntry } from "./model";

type Say = (actor: string, account: string, entry: AuditEntry) => string;

const DESCRIPTIONS: Record<string, Say> = {
  account_created: (actor, _, { detail }) => `${actor} created an account (${detail})`,
  signed_in: (actor) => `${actor} signed in`,
  sign_in_failed: (_, account, { actor }) =>
    actor ? `${account} entered a wrong current password` : `Someone failed to sign in as ${account}`,
  signed_out_everywhere: (actor) => `${actor} signed out everywhere`,
  password_changed: (actor) => `${actor} changed their password`,
  reset_link_created: (actor, account) => `${actor} created a password link for ${account}`,
  password_reset: (_, account) => `${account} set a new password with a link`,
  role_changed: (actor, account, entry) =>
    `${actor} changed ${entry.actor?.id === entry.account?.id ? "their own role" : `the role of ${account}`} (${entry.detail})`,
  account_disabled: (actor, account) => `${actor} disabled the account of ${account}`,
  account_enabled: (actor, account) => `${actor} enabled the account of ${account}`,
  invitation_created: (actor, _, { detail }) => `${actor} created an invitation (${detail})`,
  invitation_revoked: (actor, _, { detail }) => `${actor} revoked an invitation (${detail})`,
  administrator_link_created: () => "A link for an administrator was created on the command line",
  report_moved: (actor, _, { detail }) => `${actor} moved a report (${detail})`,
};

/** What an entry of the audit log says. */
export function describeEntry(entry: AuditEntry): string {
  const say = DESCRIPTIONS[entry.action];
  if (!say) return entry.action;
  return say(entry.actor?.name ?? "Someone", entry.account?.name ?? "somebody without an account", entry);
}
