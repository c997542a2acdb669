import type { NextConfig } from "next";

const headers = [
  { key: "Content-Security-Policy", value: "base-uri 'self'; frame-ancestors 'none'; object-src 'none'" },
  // A follow-up link holds a token: it must not travel on as a referrer
  { key: "Referrer-Policy", value: "no-referrer" },
  { key: "X-Content-Type-Options", value: "nosniff" },
];

const config: NextConfig = {
  output: "standalone",
  poweredByHeader: false,
  reactStrictMode: true,
  turbopack: { root: import.meta.dirname },
  // Nothing here resizes images, so that the image needs no sharp
  images: { unoptimized: true },
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingExcludes: { "*": ["node_modules/@img/**", "node_modules/sharp/**"] },
  headers: () => Promise.resolve([{ source: "/:path*", headers }]),
};

export default config;
