import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/helpers/require-setup.ts"],
    // Native addons and child processes: a process per file keeps one file's crash out of another's result.
    pool: "forks",
    // Each worker drives a Python process of its own that keeps a core busy.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/types.ts", "src/compare/kernel/**", "src/report/html/page/**"],
    },
  },
});
