import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/migrate.ts"],
    // Every file uses the one database named by DATABASE_URL
    fileParallelism: false,
    // They share nothing but modules, and loading those again for each would take half of the time
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: {
      enabled: true,
      include: ["src/**"],
      // server.ts runs in processes of its own (test/server.test.ts), which are not measured
      exclude: ["src/generated/**", "src/server.ts"],
      reporter: ["text-summary"],
      thresholds: { lines: 90 },
    },
  },
});
