import { Reporting } from "@/components/reporting";
import { apiUrl } from "@/lib/api-url";

export default async function Home() {
  return (
    <>
      <div className="intro">
        <h1>Something happened? Tell us.</h1>
        <p>
          Use this page to report a breach of the code of conduct. You need no account and give no name; you get a
          private link to follow up on your report.
        </p>
      </div>
      <Reporting apiUrl={await apiUrl()} />
    </>
  );
}
