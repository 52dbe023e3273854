/** Which templates of `templates/loyalty/` the till's answer is made of, and for what: by the loyalty rule and its contents. */
import type { RuleSet } from "./rule-kind.ts";

export interface TillTemplates {
  /** What is printed, and what is shown: names of templates. */
  readonly print: ReadonlySet<string>;
  readonly show: ReadonlySet<string>;
  readonly currency: string | undefined;
}

/** @returns undefined where there is no loyalty rule, or it could not be read */
export function tillTemplates(set: RuleSet): TillTemplates | undefined {
  const rule = set.reads("loyalty")[0]?.declaration.loyalty;
  if (rule === undefined) return undefined;
  const contents = new Map(set.reads("content").map(({ declaration }) => [declaration.name.name, declaration]));
  const chosen = (name: string | undefined): readonly string[] => {
    const content = name === undefined ? undefined : contents.get(name);
    return [...(content?.choices.map(({ show }) => show) ?? []), content?.otherwise].filter(
      (show) => show !== undefined,
    );
  };
  const named = (of: "print" | "show"): ReadonlySet<string> =>
    new Set([
      ...chosen(rule.sale[of]?.value),
      ...[rule.onReturn[of]?.value, rule.nobody[of]?.value].filter((name) => name !== undefined),
    ]);
  return { print: named("print"), show: named("show"), currency: rule.currency };
}
