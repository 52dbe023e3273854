/** `recommendations/*.yaml`: conditions against all names, and what must be kept of people's dealings with products. */
import type { StreamSource } from "../plan/checked.ts";
import type { RecommendationDeclaration } from "../files/rule-declarations.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { YamlText } from "../source/yaml-source.ts";
import type { CheckedPart, Read, RuleSet } from "../check/rule-kind.ts";
import type { RecommendationSource } from "./checked-recommendation.ts";
import { collectUses } from "../check/data-use.ts";
import { productAtHand } from "./product-words.ts";

/** How far back a person's dealings with products are looked at. */
const keptMs = 90 * 86_400_000;

export function checkRecommendations(reads: readonly Read<RecommendationDeclaration>[], set: RuleSet): CheckedPart {
  if (reads.length === 0) return {};
  const inOrder = [...reads].sort((a, b) => (a.declaration.name.name < b.declaration.name.name ? -1 : 1));
  const declared = set.reads("products")[0]?.declaration;
  const atHand = productAtHand(declared?.attributes ?? new Map(), declared?.whole ?? true);
  const rules = inOrder.flatMap((read): readonly RecommendationSource[] => {
    const { name, rule } = read.declaration;
    if (rule === undefined) return [];
    const uses = collectUses();
    const checking = set.checking(read, { atHand, uses });
    const condition = (when: typeof rule.only) => (when === undefined ? null : (checking.condition(when) ?? null));
    const boosts = rule.boosts.flatMap(({ when, by }) => {
      const holds = condition(when);
      return holds === null || by === undefined ? [] : [{ holds, by }];
    });
    const { basis, seed, number, perCategory, otherwise, pins } = rule;
    const only = condition(rule.only);
    const exclude = condition(rule.exclude);
    set.recommendationFields.set(name.name, set.segmentFields.read(uses));
    // What is wrong with the rest is told all the same.
    if (basis === undefined) return [];
    return [
      {
        name: name.name,
        basis,
        seed,
        number,
        perCategory,
        otherwise: otherwise.filter((each) => each !== basis),
        pins,
        boosts: boosts.map(({ by }) => by),
        only,
        exclude,
        boostWhen: boosts.map(({ holds }) => holds),
      },
    ];
  });
  const kept = (event: string, path: readonly string[]): number | null => keepProducts(event, path, set);
  return {
    plan: {
      recommendations: {
        rules,
        viewed: kept("product_viewed", ["product_id"]),
        added: kept("product_added", ["product_id"]),
        removed: kept("product_removed", ["product_id"]),
        bought: kept("order_completed", ["products"]),
      },
    },
  };
}

/** The aggregate that keeps the texts of a stream; null where the brand knows no such event. */
function keepProducts(event: string, path: readonly string[], { vocabulary, draft }: RuleSet): number | null {
  if (!vocabulary.events.has(event)) return null;
  const source: StreamSource = { event, property: { path, type: "text" }, where: null, texts: true };
  const stream = draft.stream(source);
  if (typeof stream !== "number") return null;
  return draft.aggregate({ stream, reduce: "last-value", window: { kind: "last", ms: keptMs } });
}

/** False when there is no such recommendation, which is reported. */
export function checkRecommendationName({ value: name, span }: YamlText, set: RuleSet, report: Report): boolean {
  const names = set.reads("recommendation").map(({ declaration }) => declaration.name.name);
  if (names.includes(name)) return true;
  const suggestion =
    names.length === 0 ? `write recommendations/${name}.yaml` : suggestName(name, names, "recommendations");
  report({ code: "unknown_name", span, message: `there is no recommendation \`${name}\``, suggestion });
  return false;
}
