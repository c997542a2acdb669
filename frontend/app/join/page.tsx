import type { Metadata } from "next";
import { Join } from "@/components/join";

export const metadata: Metadata = { title: "You are invited" };

export default function JoinPage() {
  return <Join />;
}
