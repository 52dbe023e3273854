/**
 * Three suites, one after the other: `unit` (beside the code), `whole` (tests/: real processes, which mostly wait) and
 * `alone` (those of tests/ that fill the machine's cores by themselves, or that ask how long something takes, one file
 * after the other). All run after dist/ has been brought up to date, since worker threads and whole processes are started
 * from it. No test is repeated until it passes.
 */
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**", "data/**"];
const alone = [
  "tests/benches.test.ts",
  "tests/faults/data-folder.test.ts",
  "tests/language/fuzz.test.ts",
  "tests/pages/sdk-cost.test.ts",
  "tests/simulation/oracle.test.ts",
  "tests/simulation/simulation.test.ts",
];
const wholeTimes = { testTimeout: 120_000, hookTimeout: 120_000 };

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
          exclude: [...exclude, ...alone],
          maxWorkers: 2,
          ...wholeTimes,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: alone,
          exclude,
          maxWorkers: 1,
          ...wholeTimes,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
