import type { Metadata } from "next";
import { Join } from "@/components/join";

export const metadata: Metadata = { title: "Join by invitation" };

export default function JoinPage() {
  return <Join />;
}
