/** A window in the words of a rule, which parse to the same again, and in plain English. */
import type { Window } from "../model/window.ts";
import { printDuration } from "./duration.ts";

/** With a space before it; empty for ever. */
export function printWindow(window: Window): string {
  return window.kind === "ever" ? "" : ` in last ${printDuration(window.ms)}`;
}

export function sayWindow(window: Window): string {
  return window.kind === "ever" ? "" : ` in the last ${printDuration(window.ms)}`;
}
