import type { Metadata } from "next";
import { ReportPage } from "@/components/report-page";
import { SignedIn } from "@/components/signed-in";

// Not the report's own title, which would stay behind in the browser's history
export const metadata: Metadata = { title: "Report" };

export default async function OneReportPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <SignedIn>
      <ReportPage key={id} id={id} />
    </SignedIn>
  );
}
