import type { Request } from "express";
import type { AuditAction, Prisma } from "../generated/prisma/client.js";

interface Act {
  action: AuditAction;
  /** Who did it, where that is not the account that is signed in. */
  actorId?: string;
  /** Whom it was done to. */
  accountId?: string;
  reportId?: string;
  /** Roles or states; never anything that people typed, and no secret. */
  detail?: string;
}

/** Writes down what is done, in the transaction that does it. `request` is null for the command line. */
export async function audit(tx: Prisma.TransactionClient, request: Request | null, act: Act): Promise<void> {
  await tx.auditEntry.create({ data: { actorId: request?.account?.id, address: request?.address, ...act } });
}
