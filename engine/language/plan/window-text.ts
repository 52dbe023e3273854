/** A window in the words of a rule, which parse to the same again, and in plain English. */
import type { Window } from "../../model/window.ts";
import { printDuration } from "../grammar/duration.ts";
import { printDate } from "../grammar/instant.ts";

/** With a space before it; empty for ever. */
export function printWindow(window: Window): string {
  switch (window.kind) {
    case "ever":
      return "";
    case "last":
      return ` in last ${printDuration(window.ms)}`;
    default:
      return ` ${printDays(window)}${window.clock === "brand" ? " in brand time" : ""}`;
  }
}

export function sayWindow(window: Window): string {
  switch (window.kind) {
    case "ever":
      return "";
    case "last":
      return ` in the last ${printDuration(window.ms)}`;
    default:
      return ` ${printDays(window)}${window.clock === "brand" ? " (by the brand's clock)" : ""}`;
  }
}

function printDays(window: Exclude<Window, { kind: "ever" | "last" }>): string {
  switch (window.kind) {
    case "calendar":
      return window.period === "day" ? "today" : `this ${window.period}`;
    case "since":
      return `since ${printDate(window.from)}`;
    case "between":
      return `between ${printDate(window.from)} and ${printDate(window.to)}`;
  }
}
