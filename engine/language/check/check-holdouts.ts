/**
 * Holdouts of triggers, contents and `pressure.yaml` against each other: people of one name are drawn by one percentage, so
 * that who they are, and what a comparison of them means, is the same everywhere.
 */
import { EVERYTHING, type Holdout } from "../../model/holdout.ts";
import { TRANSACTIONAL } from "../../model/sending.ts";
import type { WrittenHoldout } from "../files/holdout.ts";
import type { Report } from "../source/problem.ts";
import type { RuleSet } from "./rule-kind.ts";

export function checkHoldouts(set: RuleSet): void {
  const [everybody] = set.reads("pressure");
  const of = everybody?.declaration.holdout;
  if (everybody !== undefined && of !== undefined && of.salt !== EVERYTHING) {
    const message = "the people of this one are its own";
    everybody.report({ code: "not_applicable", span: of.span, message, suggestion: `write \`${of.percent}%\`` });
  }
  const known = new Map<string, number>();
  const written: readonly { readonly holdout: WrittenHoldout; readonly report: Report }[] = [
    ...set.reads("trigger").map(({ declaration, report }) => ({ holdout: declaration.trigger?.holdout, report })),
    ...set.reads("content").map(({ declaration, report }) => ({ holdout: declaration.holdout, report })),
  ].flatMap(({ holdout, report }) => (holdout === undefined ? [] : [{ holdout, report }]));
  for (const { holdout, report } of written) {
    const { salt, percent, span } = holdout;
    if (salt === EVERYTHING) {
      const message = `\`${EVERYTHING}\` is what the holdout of pressure.yaml is called`;
      report({ code: "not_applicable", span, message, suggestion: "give it another name" });
      continue;
    }
    const elsewhere = known.get(salt) ?? percent;
    known.set(salt, elsewhere);
    if (elsewhere === percent) continue;
    const message = `the holdout \`${salt}\` is ${elsewhere} % elsewhere, and its people are the same everywhere`;
    report({ code: "bad_number", span, message, suggestion: `write \`${elsewhere}% by ${salt}\`, or another name` });
  }
}

/** What keeps people out of something of a category: first the one of everything, then its own. */
export function holdoutsOf(
  set: RuleSet,
  own: WrittenHoldout | undefined,
  category: string | undefined,
): readonly Holdout[] {
  const everything = set.reads("pressure")[0]?.declaration.holdout;
  const isOfAll = category !== undefined && category !== TRANSACTIONAL;
  return [isOfAll ? everything : undefined, own].flatMap((each) =>
    each === undefined ? [] : [{ percent: each.percent, salt: each.salt }],
  );
}
