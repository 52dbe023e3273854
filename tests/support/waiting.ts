/**
 * Waiting for what must come true, in tests of real processes. How long it takes decides nothing: the bound is far beyond
 * any sound run and only keeps a broken one from hanging, and what was waited for is in the failure's text.
 */
import { setTimeout as pause } from "node:timers/promises";

/** Longest that one fault run may take; on a quiet machine of two cores none takes a third of it. */
export const FAULT_RUN_MS_MAX = 180_000;
const WAIT_MS_MAX = 60_000;
const LOOK_MS = 25;

/** @param words what is waited for, or what is known when it did not come */
export async function until(
  words: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  waitMsMax = WAIT_MS_MAX,
): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`in ${waitMsMax} ms it did not come true: ${said(words)}`);
    await pause(LOOK_MS);
  }
}

function said(words: string | (() => string)): string {
  return typeof words === "string" ? words : words();
}
