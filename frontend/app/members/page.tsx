import type { Metadata } from "next";
import { Members } from "@/components/members";
import { SignedIn } from "@/components/signed-in";

export const metadata: Metadata = { title: "Members" };

export default function MembersPage() {
  return (
    <SignedIn atLeast="administrator">
      <Members />
    </SignedIn>
  );
}
