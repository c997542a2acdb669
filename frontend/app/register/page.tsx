import type { Metadata } from "next";
import { Register } from "@/components/register";

export const metadata: Metadata = { title: "Make an account" };

export default function RegisterPage() {
  return <Register />;
}
