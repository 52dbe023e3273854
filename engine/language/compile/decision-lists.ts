/**
 * The decisions of all contents together, as one frozen list for each combination of choices. A shop has few combinations
 * and many visitors, so most answers are a list that was given before: nothing is made for them, and whoever writes them
 * down (a frame, a reply's text) may know them by identity.
 */
import { decisionListsMax } from "../../limits.ts";
import type { Decision } from "../../model/plan.ts";

export interface DecisionLists {
  /** To be filled with the choice of each content before `chosen` is asked. */
  readonly choices: Uint16Array;
  chosen(): readonly Decision[];
}

/** @param decisions by content, then by choice */
export function createDecisionLists(decisions: readonly (readonly Decision[])[]): DecisionLists {
  const lists = new Map<number, readonly Decision[]>();
  const choices = new Uint16Array(decisions.length);
  // Choices are the digits of a number. Where there could be more numbers than a double can tell apart, none is kept.
  const combinations = decisions.reduce((product, { length }) => product * length, 1);
  const isNumbered = combinations <= Number.MAX_SAFE_INTEGER;

  const list = (): readonly Decision[] =>
    Object.freeze(decisions.map((ofContent, content) => ofContent[choices[content] ?? 0] as Decision));

  return {
    choices,
    chosen() {
      if (!isNumbered) return list();
      let number = 0;
      for (let i = 0; i < choices.length; i++)
        number = number * (decisions[i] as readonly Decision[]).length + (choices[i] as number);
      const known = lists.get(number);
      if (known !== undefined) return known;
      if (lists.size >= decisionListsMax) lists.clear();
      const made = list();
      lists.set(number, made);
      return made;
    },
  };
}
