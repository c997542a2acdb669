import type { NextConfig } from "next";

// The Content-Security-Policy is in server/ and proxy.ts: it differs from page to page
const headers = [
  // Which report somebody reads is nobody else's business
  { key: "Referrer-Policy", value: "no-referrer" },
  { key: "X-Content-Type-Options", value: "nosniff" },
];

const config: NextConfig = {
  output: "standalone",
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run typecheck` does that; in the image before the build, so that a mistake is reported sooner
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: import.meta.dirname },
  // Nothing here resizes images, so that the image needs no sharp
  images: { unoptimized: true },
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingExcludes: { "*": ["node_modules/@img/**", "node_modules/sharp/**"] },
  headers: () => Promise.resolve([{ source: "/:path*", headers }]),
};

export default config;
