import type { Metadata } from "next";
import { Reset } from "@/components/reset";

export const metadata: Metadata = { title: "Set a new password" };

export default function ResetPage() {
  return <Reset />;
}
