import type { Metadata } from "next";
import { SignedIn } from "@/components/signed-in";
import { Status } from "@/components/status";

export const metadata: Metadata = { title: "Status" };

export default function StatusPage() {
  return (
    <SignedIn atLeast="administrator">
      <Status />
    </SignedIn>
  );
}
