/**
 * Contents that keep some people out: whom one of their holdouts draws is shown what nobody is chosen for, `otherwise`, as
 * soon as they would be shown anything else. Made at loading; pure.
 */
import { exposuresTo, type Exposure, isHeldOut } from "../../model/holdout.ts";
import type { Decision } from "../../model/plan.ts";
import type { PlanSource } from "../plan/checked.ts";

export interface KeptOut {
  /** Puts the decision of a holdout in the place of each choice that it forbids. */
  apply(id: string, choices: Uint16Array): void;
  /** @param chosen the choice of a content, by its index; 0 for `otherwise` */
  exposures(id: string, chosen: (content: number) => number): readonly Exposure[];
}

/** @param decisions by content, then by choice; gets one more for each holdout of a content */
export function createKeptOut(
  { contents }: Pick<PlanSource, "contents">,
  decisions: readonly Decision[][],
): KeptOut | undefined {
  const kept = contents.flatMap(({ name, otherwise, holdouts = [] }, content) => {
    if (holdouts.length === 0) return [];
    const ofContent = decisions[content] as Decision[];
    const first = ofContent.length;
    for (const { salt } of holdouts)
      ofContent.push(Object.freeze({ content: name, show: otherwise, choice: 0, heldOut: salt }));
    return [{ content, name, holdouts, first }];
  });
  if (kept.length === 0) return undefined;
  return {
    apply(id, choices) {
      for (const { content, holdouts, first } of kept) {
        if (choices[content] === 0) continue;
        const by = holdouts.findIndex((holdout) => isHeldOut(id, holdout));
        if (by >= 0) choices[content] = first + by;
      }
    },
    exposures: (id, chosen) =>
      kept.flatMap(({ content, name, holdouts }) =>
        chosen(content) === 0 ? [] : exposuresTo(holdouts, id, `content ${name}`),
      ),
  };
}
