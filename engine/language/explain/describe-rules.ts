/**
 * All rules of a plan in plain English, each with its titles and with the rules that it reads and is read by: what
 * `vif explain` shows. A kind of rule has one entry here; what conditions say is paraphrase.ts's.
 */
import { conditionsOfLoyalty, type PlanSource } from "../plan/checked.ts";
import { type Naming, sayContent, saySegment } from "./paraphrase.ts";
import { sayLoyalty } from "./say-loyalty.ts";
import { sayConsent, sayPressure } from "./say-sending.ts";
import { sayTrigger } from "./say-trigger.ts";
import { conditionsOfRecommendation } from "../recommendations/checked-recommendation.ts";
import { sayRecommendation } from "../recommendations/say-recommendation.ts";
import { readsOf } from "../plan/reads.ts";
import type { Title } from "../files/title.ts";
import { titleIn } from "../files/title.ts";
import type { TitledFile } from "./rule-titles.ts";

export interface DescribedRule {
  readonly kind: RuleReference["kind"];
  readonly name: string;
  /** Of its file, relative to the brand folder. */
  readonly path: string | undefined;
  readonly title: Title;
  readonly lines: readonly string[];
  readonly reads: readonly RuleReference[];
  readonly readBy: readonly RuleReference[];
}

export interface RuleReference {
  readonly kind: "segment" | "content" | "recommendation" | "loyalty" | "trigger" | "pressure" | "consent";
  readonly name: string;
}

type Said = RuleReference & { readonly lines: readonly string[]; readonly reads: readonly RuleReference[] };

/** Each kind of rule: what it says, and which other rules it reads. */
const KINDS: readonly ((plan: PlanSource, naming: Naming) => readonly Said[])[] = [
  (plan, naming) =>
    plan.segments.map((segment) => ({
      kind: "segment",
      name: segment.name,
      lines: saySegment(plan, segment, naming),
      reads: segmentsIn(plan, [segment.when]),
    })),
  (plan, naming) =>
    plan.contents.map((content) => ({
      kind: "content",
      name: content.name,
      lines: sayContent(plan, content, naming),
      reads: [
        ...segmentsIn(
          plan,
          content.choices.map(({ when }) => when),
        ),
        ...recommendationsIn(content),
      ],
    })),
  (plan, naming) =>
    (plan.recommendations?.rules ?? []).map((rule) => ({
      kind: "recommendation",
      name: rule.name,
      lines: sayRecommendation(plan, rule, naming),
      reads: segmentsIn(plan, conditionsOfRecommendation(rule)),
    })),
  (plan, naming) => {
    const { loyalty } = plan;
    if (loyalty === undefined) return [];
    const contents = [loyalty.sale.print, loyalty.sale.show].filter((name) => name !== null);
    const reads: readonly RuleReference[] = [
      ...segmentsIn(plan, conditionsOfLoyalty(loyalty)),
      ...[...new Set(contents)].map((name) => ({ kind: "content" as const, name })),
    ];
    return [{ kind: "loyalty", name: loyalty.name, lines: sayLoyalty(plan, loyalty, naming), reads }];
  },
  (plan, naming) =>
    (plan.triggers ?? []).map((trigger) => {
      const { on, when, name } = trigger;
      const segment = on.is === "segment" ? [{ kind: "in-segment" as const, segment: on.segment }] : [];
      const reads = segmentsIn(plan, [...segment, ...(when === null ? [] : [when])]);
      return { kind: "trigger", name, lines: sayTrigger(plan, trigger, naming), reads };
    }),
  ({ pressure }) =>
    pressure === undefined ? [] : [{ kind: "pressure", name: "pressure", lines: sayPressure(pressure), reads: [] }],
  ({ consent }) =>
    consent === undefined ? [] : [{ kind: "consent", name: "consent", lines: sayConsent(consent), reads: [] }],
];

/** In the order of kinds, then of names. */
export function describeRules(plan: PlanSource, titled: readonly TitledFile[]): readonly DescribedRule[] {
  const files = new Map(titled.map((file) => [keyOf(file), file]));
  const naming: Naming = {
    segment(name) {
      const title = titleIn(files.get(keyOf({ kind: "segment", name }))?.title, ["en"]);
      return title === undefined ? name : `${name} (${title})`;
    },
  };
  const said = KINDS.flatMap((kind) => [...kind(plan, naming)].sort((a, b) => (a.name < b.name ? -1 : 1)));
  return said.map((rule) => {
    const file = files.get(keyOf(rule));
    const readBy = said
      .filter(({ reads }) => reads.some((read) => keyOf(read) === keyOf(rule)))
      .map(({ kind, name }) => ({ kind, name }));
    return { ...rule, path: file?.path, title: file?.title ?? {}, readBy };
  });
}

const keyOf = ({ kind, name }: { readonly kind: string; readonly name: string }): string => `${kind} ${name}`;

function recommendationsIn({ choices }: PlanSource["contents"][number]): readonly RuleReference[] {
  const names = new Set(choices.flatMap(({ recommendation }) => recommendation ?? []));
  return [...names].sort().map((name) => ({ kind: "recommendation", name }));
}

function segmentsIn(plan: PlanSource, conditions: Parameters<typeof readsOf>[0]): readonly RuleReference[] {
  const names = [...readsOf(conditions).segments].map((index) => plan.segments[index]?.name ?? "");
  return names.sort().map((name) => ({ kind: "segment", name }));
}
