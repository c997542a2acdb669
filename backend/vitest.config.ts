import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/migrate.ts"],
    // Every file uses the one database named by DATABASE_URL
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
