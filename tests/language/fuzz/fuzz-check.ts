/**
 * What must hold of any set of files, however broken: the checker answers, in time, with a plan or with problems that stand
 * somewhere; a plan survives its bytes, prints so that it parses to the same again, can be said in words, and its code says
 * what the interpreter says.
 */
import { isDeepStrictEqual } from "node:util";
import { conditionCharsMax } from "../../../engine/limits-of-rules.ts";
import { profileFacts } from "../../../engine/language/plan/interpret.ts";
import {
  checkRules,
  decodePlan,
  describeRules,
  encodePlan,
  explainRule,
  loadPlan,
  type PlanSource,
  readTitles,
  renderProblem,
  type RuleFile,
  type RuleProblem,
} from "../../../engine/language/port.ts";
import { createPrinting } from "../../../engine/language/plan/print.ts";
import { createEventLogView } from "../event-log-view.ts";

export interface Verdict {
  /** What is wrong with the language; undefined when nothing is. */
  readonly fault: string | undefined;
  /** What was said, without the names: a new one is something that was not tried before. */
  readonly said: readonly string[];
  readonly sound: boolean;
  /** Of CPU. */
  readonly tookMs: number;
}

/** CPU that a set of files of at most some hundred kilobytes may take. A hang takes for ever; this is far from both. */
const checkMsMax = 2_000;
const AT = Date.parse("2026-03-01T12:00:00Z");

export function judge(files: readonly RuleFile[]): Verdict {
  const from = process.cpuUsage();
  const took = (): number => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1_000;
  };
  try {
    const { plan, problems } = checkRules(files);
    const tookMs = took();
    const fault =
      tookMs > checkMsMax
        ? `the check took ${Math.round(tookMs)} ms`
        : plan === undefined
          ? faultOfProblems(problems, files)
          : problems.length > 0
            ? "there are a plan and problems"
            : faultOfPlan(plan, files);
    return { fault, said: problems.map(patternOf), sound: plan !== undefined, tookMs };
  } catch (error) {
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { fault, said: [], sound: false, tookMs: took() };
  }
}

const patternOf = ({ code, message, suggestion }: RuleProblem): string =>
  `${code} ${message} ${suggestion ?? ""}`.replace(/`[^`]*`|"[^"]*"|\d+/g, "*").slice(0, 200);

function faultOfProblems(problems: readonly RuleProblem[], files: readonly RuleFile[]): string | undefined {
  if (problems.length === 0) return "there is neither a plan nor a problem";
  for (const problem of problems) {
    const { path, line, column, length, lineText, message } = problem;
    const where = `${path}:${line}:${column}: ${message}`;
    const lines = files.filter((file) => file.path === path).map(({ text }) => text.split("\n")[line - 1]);
    if (lines.length === 0) return `no file of that path: ${where}`;
    if (!lines.some((text) => text?.replace(/\r$/, "") === lineText)) return `no such line: ${where}`;
    if (column < 1 || column > [...lineText].length + 1 || length < 1) return `no such place: ${where}`;
    if (message.trim() === "") return `nothing is said: ${where}`;
    if (message.length > 600) return `too much is said: ${where}`;
    // What is quoted is the file's own, cut short where it is long.
    if (/undefined|\[object|NaN|Infinity/.test(message.replace(/`.*[`…]|".*"/gs, "")))
      return `a program's word: ${where}`;
    const shown = renderProblem(problem, { colour: false, pathPrefix: "rules/" });
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(shown)) return `a sign that moves the cursor: ${where}`;
  }
  return undefined;
}

function faultOfPlan(source: PlanSource, files: readonly RuleFile[]): string | undefined {
  const bytes = encodePlan(source);
  if (!isDeepStrictEqual(decodePlan(bytes), source)) return "the plan's bytes say something else";
  for (const { kind, name, lines } of describeRules(source, readTitles(files)))
    if (lines.length === 0 || lines.some((line) => line.trim() === "")) return `${kind} ${name} is said in no words`;
  const again = printAgain(source, files);
  if (again !== undefined) {
    const { plan, problems } = checkRules(again);
    if (plan === undefined) return `what is printed is not sound: ${JSON.stringify(problems[0])}`;
    if (!isDeepStrictEqual(plan, source)) return "what is printed means something else";
  }
  const plan = loadPlan(bytes);
  const view = createEventLogView(plan);
  plan.evaluate(view, { kind: "everything" }, AT, (segment, entered) => {
    if (entered) view.segments.add(segment);
  });
  const facts = profileFacts(source, view, AT);
  for (const [index, { name, when }] of source.segments.entries()) {
    if (facts.holds(when) !== view.segments.has(index)) return `code and interpreter differ on ${name}`;
    explainRule(source, name, { view, at: AT });
  }
  return undefined;
}

/** The same files, every segment in the plan's own words; undefined when one has no form in a line. */
function printAgain(source: PlanSource, files: readonly RuleFile[]): readonly RuleFile[] | undefined {
  const printing = createPrinting(source);
  const lines = new Map(source.segments.map(({ name, when }) => [`segments/${name}.yaml`, printing.condition(when)]));
  // "At least 2 of" has no form within a line.
  if ([...lines.values()].some((line) => line.includes("at least ") || line.length > conditionCharsMax))
    return undefined;
  return files.map((file) => {
    const line = lines.get(file.path);
    const name = file.path.slice("segments/".length, -".yaml".length);
    return line === undefined ? file : { ...file, text: JSON.stringify({ segment: name, when: line }) };
  });
}
