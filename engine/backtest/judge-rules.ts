/**
 * A set of rule files judged without being put in force: what is wrong with them, what they say in plain words, whether
 * their own tests hold. For `vif test`, and for whoever asks an engine the same. Pure but for the reading of a folder.
 */
import { checkBrand, describeRules, encodePlan, loadPlan, readRulesFolder, readTitles } from "../language/port.ts";
import type { DescribedRule, RuleFile, RuleProblem, RuleTest } from "../language/port.ts";
import type { Plan } from "../model/plan.ts";
import type { RuleCounts } from "../model/rule-counts.ts";
import { type Expectation, runRuleTest } from "./run-rule-test.ts";

export interface RuleTestResult {
  readonly name: string;
  /** Of its file, relative to the brand folder. */
  readonly path: string;
  readonly passed: boolean;
  readonly expectations: readonly Expectation[];
  /** Why it could not be run to its end. */
  readonly problem?: string;
}

export interface RulesQuestion {
  /** A folder, or files that came along. */
  readonly rules: string | readonly RuleFile[];
  /** Of a test: only those with this in their name. undefined: the rules are not tested, but told. */
  readonly tests?: string | undefined;
}

export type JudgedRules = { readonly files: number; readonly problems: readonly RuleProblem[] } & (
  | { readonly sound: false }
  | {
      readonly sound: true;
      readonly digest: string;
      readonly counts: RuleCounts;
      /** What is to be known of them. */
      readonly notices: readonly RuleProblem[];
      readonly rules: readonly DescribedRule[];
      readonly tests: readonly RuleTestResult[];
    }
);

/** @throws SetupError when the folder cannot be read */
export async function judgeRules({ rules: from, tests: wanted }: RulesQuestion): Promise<JudgedRules> {
  const files = typeof from === "string" ? await readRulesFolder(from) : from;
  const { plan, problems, notices, tests } = await checkBrand(files);
  if (plan === undefined) return { sound: false, files: files.length, problems };
  const bytes = encodePlan(plan);
  const loaded = loadPlan(bytes);
  return {
    sound: true,
    files: files.length,
    problems: [],
    digest: loaded.digest,
    counts: { segments: plan.segments.length, contents: plan.contents.length, triggers: plan.triggers?.length ?? 0 },
    notices,
    rules: wanted === undefined ? describeRules(plan, readTitles(files)) : [],
    tests: wanted === undefined ? [] : runRuleTests(loaded, tests, wanted),
  };
}

/** @param named only those with this in their name */
export function runRuleTests(plan: Plan, tests: readonly RuleTest[], named = ""): readonly RuleTestResult[] {
  const wanted = tests.filter(({ name }) => name.includes(named));
  return wanted.map((test) => ({ name: test.name, path: test.path, ...outcomeOf(() => runRuleTest(plan, test)) }));
}

function outcomeOf(run: () => readonly Expectation[]): Omit<RuleTestResult, "name" | "path"> {
  try {
    const expectations = run();
    return { passed: expectations.every(({ holds }) => holds), expectations };
  } catch (error) {
    // A test whose times are impossible; anything else is a fault of the program.
    if (error instanceof RangeError) return { passed: false, expectations: [], problem: error.message };
    throw error;
  }
}
