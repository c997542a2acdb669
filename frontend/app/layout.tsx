import type { Metadata, Viewport } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Conducky", template: "%s · Conducky" },
  description: "Report incidents under a code of conduct",
  icons: { icon: "/icon.svg" },
  robots: { index: false },
};

export const viewport: Viewport = { colorScheme: "light dark" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header className="top">
          <Link href="/" className="brand">
            {/* eslint-disable-next-line @next/next/no-img-element -- an SVG needs no resizing */}
            <img src="/icon.svg" alt="" width={32} height={32} />
            Conducky
          </Link>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}
