/** How many rules of each kind there are. */
export interface RuleCounts {
  readonly segments: number;
  readonly contents: number;
  readonly triggers: number;
}

/** @returns as in `3 segments, 1 content, 0 triggers` */
export function ruleCountsText({ segments, contents, triggers }: RuleCounts): string {
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  return [count(segments, "segment"), count(contents, "content"), count(triggers, "trigger")].join(", ");
}
