/** A window as written, in the form in which a plan keeps it; or a problem with its length. */
import { ruleDurationMsMax } from "../limits.ts";
import { EVER, type Window } from "../model/window.ts";
import { checkDuration } from "./check-duration.ts";
import type { Report } from "./problem.ts";
import type { WindowSyntax } from "./syntax.ts";

export function checkWindow(syntax: WindowSyntax | undefined, report: Report): Window | undefined {
  if (syntax === undefined || syntax.kind === "ever") return EVER;
  const ms = checkDuration(syntax.length, ruleDurationMsMax, { report });
  return ms === undefined ? undefined : { kind: "last", ms };
}
