/** Problems as a person reads them in a terminal: place, reason, the line with a caret under it, and what to do. */
import { normalize } from "node:path";
import type { RuleProblem } from "./problem.ts";

export interface ProblemTextOptions {
  readonly colour: boolean;
  /** Put before each path, e.g. `rules/`, so that a terminal can open it. */
  readonly pathPrefix: string;
}

/** Columns of a line shown at most; a longer one is cut around the caret. */
const shownCharsMax = 140;

/**
 * ```
 * rules/segments/lapsing-vip.yaml:5:14: there is no event `order_complete`  [unknown_event]
 *   5 |     - sum of order_complete.total in last 365 days >= 1000
 *     |              ^^^^^^^^^^^^^^
 *     = did you mean `order_completed`?
 * ```
 */
export function renderProblem(problem: RuleProblem, options: ProblemTextOptions): string {
  const paint = options.colour ? paintAnsi : paintNothing;
  const { line } = problem;
  const [tone, notice] = problem.notice ? (["yellow", "note: "] as const) : (["red", ""] as const);
  const place = placeOf(problem, options.pathPrefix);
  const gutter = " ".repeat(String(line).length);
  const { shown, indent, width } = cutAround(problem);
  const rows = [
    `${paint("bold", harmless(place))}: ${notice}${paint(tone, harmless(problem.message))}  ${paint("dim", `[${problem.code}]`)}`,
    `  ${paint("dim", `${line} |`)} ${harmless(shown)}`,
    `  ${paint("dim", `${gutter} |`)} ${indent}${paint(tone, "^".repeat(width))}`,
  ];
  rows.push(`  ${paint("dim", `${gutter} =`)} ${harmless(problem.suggestion)}`);
  return rows.join("\n");
}

/** `rules/segments/vip.yaml:5:14: there is no event ...`: where there is one line for it. */
export function renderProblemLine(problem: RuleProblem, pathPrefix: string): string {
  return harmless(`${placeOf(problem, pathPrefix)}: ${problem.message}`);
}

/** A template lies beside the folder of rules. */
function placeOf({ path, line, column }: RuleProblem, pathPrefix: string): string {
  return `${normalize(`${pathPrefix}${path}`).replaceAll("\\", "/")}:${line}:${column}`;
}

/** What would move the cursor, or turn the direction of writing, as a sign of the same width. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (sign) => (sign === "\t" ? sign : "\ufffd"));
}

export function renderProblems(problems: readonly RuleProblem[], options: ProblemTextOptions): string {
  return problems.map((problem) => `${renderProblem(problem, options)}\n`).join("\n");
}

function cutAround(problem: RuleProblem): { shown: string; indent: string; width: number } {
  const letters = [...problem.lineText];
  const caret = Math.min(problem.column - 1, letters.length);
  if (letters.length <= shownCharsMax) {
    const indent = letters.slice(0, caret).map((letter) => (letter === "\t" ? "\t" : " "));
    return { shown: problem.lineText, indent: indent.join(""), width: problem.length };
  }
  const from = Math.max(0, Math.min(caret - 40, letters.length - shownCharsMax));
  const to = Math.min(letters.length, from + shownCharsMax);
  const shown = `${from > 0 ? "…" : ""}${letters.slice(from, to).join("")}${to < letters.length ? "…" : ""}`;
  const indent = " ".repeat(caret - from + (from > 0 ? 1 : 0));
  return { shown, indent, width: Math.max(1, Math.min(problem.length, to - caret)) };
}

const ANSI = { bold: "1", red: "31", yellow: "33", dim: "2" } as const;

function paintAnsi(style: keyof typeof ANSI, text: string): string {
  return `\u001b[${ANSI[style]}m${text}\u001b[0m`;
}

function paintNothing(_style: keyof typeof ANSI, text: string): string {
  return text;
}
