import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Shell } from "@/components/shell";
import { configuredApiUrl } from "@/server/api-url";
import "./globals.css";
import "./print.css";

export const metadata: Metadata = {
  title: { default: "Conducky", template: "%s · Conducky" },
  description: "Report incidents under a code of conduct",
  icons: { icon: "/icon.svg" },
  robots: { index: false },
};

export const viewport: Viewport = { colorScheme: "light dark" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" data-api-url={configuredApiUrl()} suppressHydrationWarning>
      <body>
        <Shell>{children}</Shell>
      </body>
    </html>
  );
}
