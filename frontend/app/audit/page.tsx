import type { Metadata } from "next";
import { AuditLog } from "@/components/audit-log";
import { SignedIn } from "@/components/signed-in";

export const metadata: Metadata = { title: "Audit log" };

export default function AuditLogPage() {
  return (
    <SignedIn atLeast="administrator">
      <AuditLog />
    </SignedIn>
  );
}
