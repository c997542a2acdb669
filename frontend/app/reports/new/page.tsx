import type { Metadata } from "next";
import { NewReport } from "@/components/new-report";
import { SignedIn } from "@/components/signed-in";

export const metadata: Metadata = { title: "File a report" };

export default function NewReportPage() {
  return (
    <SignedIn>
      <NewReport />
    </SignedIn>
  );
}
