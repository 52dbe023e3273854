/**
 * Two suites: `unit` (beside the code, in parallel) and `whole` (tests/: real processes, one file after the other, for
 * they share the machine's cores and ports). Both run after dist/ has been brought up to date, since worker threads and
 * whole processes are started from it. No test is repeated until it passes.
 */
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**", "data/**"];

export default defineConfig({
  test: {
    environment: "node",
    globalSetup: ["scripts/build-before-tests.mjs"],
    passWithNoTests: true,
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["engine/**/*.test.ts", "channels/**/*.test.ts", "bench/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["tests/**/*.test.ts"],
          exclude,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
