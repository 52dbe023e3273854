/**
 * Vitest's global set-up: tests of whole processes and of worker threads start from dist/, so it is brought up to date
 * first. Type errors do not stop a test run; `npm run check` reports them.
 */
import { buildWhenStale } from "./build.mjs";

export async function setup() {
  const complaints = await buildWhenStale({ tolerant: true });
  if (complaints === undefined) return;
  const errors = complaints.split("\n").filter((line) => line.includes("error TS"));
  process.stderr.write(
    `dist/ was built in spite of ${errors.length} type errors (npx tsc --noEmit), the first:\n${errors[0]}\n`,
  );
}
