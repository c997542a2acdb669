import type { Metadata } from "next";
import { Reports } from "@/components/reports";
import { SignedIn } from "@/components/signed-in";

export const metadata: Metadata = { title: "Reports" };

export default function ReportsPage() {
  return (
    <SignedIn>
      <Reports />
    </SignedIn>
  );
}
