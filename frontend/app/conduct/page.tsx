import type { Metadata } from "next";
import { Conduct } from "@/components/conduct";

export const metadata: Metadata = { title: "Code of conduct" };

export default function ConductPage() {
  return <Conduct />;
}
