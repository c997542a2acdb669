export const dynamic = "force-dynamic";

export default async function Page() {
  return <p>The API is at {process.env.NEXT_PUBLIC_API_BASE_URL}.</p>;
}
