import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    setupFiles: ["test/setup.ts"],
    coverage: {
      enabled: true,
      provider: "v8",
      include: ["app/**/*.{ts,tsx}", "components/**", "lib/**", "proxy.ts", "server/**"],
      // Run as processes
      exclude: ["server/compress.ts", "server/main.ts"],
      reporter: ["text-summary"],
      thresholds: { lines: 90 },
    },
  },
});
