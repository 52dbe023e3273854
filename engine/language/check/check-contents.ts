/** `content/*.yaml`: every choice's condition against all names, and a template for each choice of those that have any. */
import type { Condition, ContentSource } from "../plan/checked.ts";
import { checkCategory } from "./check-sending.ts";
import { holdoutsOf } from "./check-holdouts.ts";
import { checkDataUse, collectUses } from "./data-use.ts";
import { anyAtHand } from "./event-at-hand.ts";
import type { ContentDeclaration } from "../files/rule-declarations.ts";
import { checkRecommendationName } from "../recommendations/check-recommendations.ts";
import type { CheckedPart, Read, RuleSet } from "./rule-kind.ts";
import { checkTemplates, placeOfShown } from "../templates/check-templates.ts";
import { sentBy } from "./sent-by.ts";

/** Of a choice without a condition. */
const ALWAYS: Condition = { kind: "truth", left: { kind: "literal", as: "boolean", value: true } };

export function checkContents(reads: readonly Read<ContentDeclaration>[], set: RuleSet): CheckedPart {
  const atHand = anyAtHand(set.vocabulary);
  const shows = checkTemplates(set.templates, {
    names: set.vocabulary,
    contents: reads,
    messages: sentBy("web", set),
  });
  const inOrder = [...reads].sort((a, b) => (a.declaration.name.name < b.declaration.name.name ? -1 : 1));
  const contents = inOrder.flatMap((read): readonly ContentSource[] => {
    const { name, category, choices, otherwise } = read.declaration;
    const used = collectUses();
    const checking = set.checking(read, { atHand, uses: used });
    const checked = choices.flatMap(({ when, always, recommendation, show }) => {
      const condition = when === undefined ? (always === true ? ALWAYS : undefined) : checking.condition(when);
      const known = recommendation === undefined || checkRecommendationName(recommendation, set, read.report);
      if (condition === undefined || show === undefined || !known) return [];
      return [{ when: condition, show, ...(recommendation && { recommendation: recommendation.value }) }];
    });
    if (category !== undefined) {
      const { vocabulary, segmentFields, recommendationFields } = set;
      checkCategory(category, vocabulary, read.report);
      const through = choices.flatMap(({ recommendation }) => {
        const fields = recommendationFields.get(recommendation?.value ?? "");
        return recommendation === undefined || fields === undefined
          ? []
          : [{ name: recommendation.value, span: recommendation.span, fields }];
      });
      const shown = [...choices.map(({ show }) => show), otherwise].flatMap((name) => {
        const fields = name === undefined ? undefined : shows[name];
        return name === undefined || fields === undefined
          ? []
          : [{ name, span: placeOfShown(read.file.text, name), fields, shown: true as const }];
      });
      const beside = [...through, ...shown];
      checkDataUse({ category: category.value, used, vocabulary, segmentFields, through: beside }, read.report);
    }
    const holdouts = holdoutsOf(set, read.declaration.holdout, category?.value);
    if (otherwise === undefined) return [];
    return [{ name: name.name, choices: checked, otherwise, ...(holdouts.length > 0 && { holdouts }) }];
  });
  return { plan: { contents, ...(Object.keys(shows).length > 0 && { shows }) } };
}
