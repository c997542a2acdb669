import type { Metadata } from "next";
import { YourAccount } from "@/components/your-account";
import { SignedIn } from "@/components/signed-in";

export const metadata: Metadata = { title: "Your account" };

export default function YourAccountPage() {
  return (
    <SignedIn>
      <YourAccount />
    </SignedIn>
  );
}
