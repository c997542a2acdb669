import type { Metadata } from "next";
import { FollowUp } from "@/components/follow-up";
import { Status } from "@/components/status";
import { apiUrl } from "@/lib/api-url";

export const metadata: Metadata = { title: "Your report" };

interface Props {
  searchParams: Promise<{ token?: string | string[] }>;
}

export default async function FollowUpPage({ searchParams }: Props) {
  const url = await apiUrl();
  const { token } = await searchParams;
  return (
    <>
      <div className="intro">
        <h1>Your report</h1>
        <p>
          Keep the address of this page. Whoever has it can read the report, for 90 days after it was filed.
        </p>
      </div>
      {typeof token === "string" && token ? (
        <FollowUp apiUrl={url} token={token} />
      ) : (
        <p className="failure narrow">This link is incomplete. Please open it exactly as it was given to you.</p>
      )}
      <Status apiUrl={url} />
    </>
  );
}
