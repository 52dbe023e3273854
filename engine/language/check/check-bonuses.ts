/** Bonuses of the loyalty rule: their conditions against all names, with the sale at hand, and that each can be earned. */
import type { Bonus } from "../../model/earning.ts";
import { DAY_MS, startOfDay } from "../../model/local-time.ts";
import { brandZone } from "../../model/local-zones.ts";
import { POINTS_PROPERTIES, SALE_EVENT } from "../../model/receipt.ts";
import type { BonusDeclaration } from "../files/loyalty-bonuses.ts";
import type { LoyaltyDeclaration } from "../files/rule-declarations.ts";
import type { BonusSource } from "../plan/checked.ts";
import { checkDataUse, collectUses } from "./data-use.ts";
import { type EventAtHand, oneAtHand } from "./event-at-hand.ts";
import type { Read, RuleSet } from "./rule-kind.ts";
import type { EventEntry } from "./vocabulary.ts";

export function checkBonuses(read: Read<LoyaltyDeclaration>, set: RuleSet): readonly BonusSource[] {
  const { bonuses, excluded } = read.declaration.loyalty ?? { bonuses: [], excluded: [] };
  return bonuses.flatMap((bonus): readonly BonusSource[] => {
    checkCategories(bonus, excluded, read);
    const when = bonus.when === undefined ? null : (checkCondition(bonus, read, set) ?? undefined);
    if (bonus.earns === undefined || when === undefined || (bonus.hasWhen && when === null)) return [];
    return [{ ...withPeriod(bonus, bonus.earns, set), when }];
  });
}

/** What the rate gives nothing for cannot be given several times over. */
function checkCategories({ earns, categories }: BonusDeclaration, excluded: readonly string[], { report }: Read): void {
  if (earns?.is !== "times") return;
  for (const { value, span } of categories ?? []) {
    if (!excluded.includes(value)) continue;
    const message = `\`${value}\` is among the \`excluded categories\`: several times nothing is nothing`;
    const suggestion = "give the bonus a rate of its own, such as `1 per 2 EUR`, or take the category out here";
    report({ code: "always_the_same", span, message, suggestion });
  }
}

function checkCondition(
  { when, whenSpan }: BonusDeclaration,
  read: Read,
  set: RuleSet,
): BonusSource["when"] | undefined {
  if (when === undefined) return undefined;
  const { vocabulary, segmentFields } = set;
  const sale = vocabulary.events.get(SALE_EVENT);
  if (sale === undefined && whenSpan !== undefined) {
    const message = `a sale is the event \`${SALE_EVENT}\`, of which nothing is known here`;
    const suggestion = `declare it, with what conditions read of it: events/${SALE_EVENT}.yaml`;
    read.report({ code: "unknown_event", span: whenSpan, message, suggestion });
    return undefined;
  }
  const used = collectUses();
  const checked = set.checking(read, { atHand: sale && saleAtHand(sale), uses: used }).condition(when);
  checkDataUse({ category: "marketing", used, vocabulary, segmentFields }, read.report);
  return checked;
}

/** All of it but its points, which a bonus is a part of. */
function saleAtHand(sale: EventEntry): EventAtHand {
  const points = POINTS_PROPERTIES.get(SALE_EVENT) ?? [];
  const properties = new Map([...sale.properties].filter(([name]) => !points.includes(name)));
  return {
    ...oneAtHand({ ...sale, properties }),
    unknown: (name) =>
      points.includes(name) && sale.properties.has(name)
        ? {
            message: `\`${name}\` of this very sale is not known before its bonuses are`,
            suggestion: `ask of the sales before it, \`sum of ${SALE_EVENT}.points_earned\`, or of its \`total\``,
          }
        : undefined,
  };
}

/** Days are the brand's, and the last one counts. */
function withPeriod(declared: BonusDeclaration, earns: Bonus["earns"], { vocabulary }: RuleSet): Bonus {
  const zone = brandZone(vocabulary.zone.brand);
  const { name, title, from, until } = declared;
  const categories = declared.categories?.map(({ value }) => value);
  return {
    name: name.name,
    earns,
    categories: categories === undefined ? null : [...new Set(categories)].sort(),
    from: from === undefined ? null : startOfDay(zone, from / DAY_MS),
    until: until === undefined ? null : startOfDay(zone, until / DAY_MS + 1),
    ...(title !== undefined && Object.keys(title).length > 0 && { title }),
  };
}
