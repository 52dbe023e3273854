/** Every kind of rule file, by name: the compiler refuses a kind that is missing here. */
import { checkBrand } from "./check-brand.ts";
import { checkContents } from "./check-contents.ts";
import { checkLoyaltyRule } from "./check-loyalty.ts";
import { checkRecommendations } from "../recommendations/check-recommendations.ts";
import { recommendationFile } from "../recommendations/recommendation-file.ts";
import { checkSegments, declareSegments } from "./check-segments.ts";
import { checkConsent, checkPressure, declarePurposes } from "./check-sending.ts";
import { checkTests } from "./check-test.ts";
import { checkTriggers } from "./check-triggers.ts";
import { consentFile } from "../files/consent-file.ts";
import { brandFile } from "../files/brand-file.ts";
import { contentFile } from "../files/content-file.ts";
import { eventFile } from "../files/event-file.ts";
import { fieldsFile } from "../files/fields-file.ts";
import { listFile } from "../files/list-file.ts";
import { loyaltyFile } from "../files/loyalty-file.ts";
import { pressureFile } from "../files/pressure-file.ts";
import { placesFile } from "../files/places-file.ts";
import { productsFile } from "../files/products-file.ts";
import type { Declaration, DeclarationOf } from "../files/rule-declarations.ts";
import { segmentFile } from "../files/segment-file.ts";
import { sourceFile } from "../files/source-file.ts";
import { triggerFile } from "../files/trigger-file.ts";
import { testFile } from "../files/test-file.ts";
import type { CheckedPart, NamesDraft, Read, RuleKind, RuleSet } from "./rule-kind.ts";
import { attributesOf, fieldsKeptOf } from "./vocabulary.ts";

const KINDS: { readonly [Kind in Declaration["kind"]]: RuleKind<DeclarationOf<Kind>> } = {
  brand: {
    ...brandFile,
    unique: undefined,
    declare(reads, names) {
      for (const { declaration } of reads)
        names.zone = { brand: declaration.zone ?? "UTC", customer: declaration.customerZone?.value };
    },
    check: checkBrand,
  },
  fields: {
    ...fieldsFile,
    unique: undefined,
    declare(reads, names) {
      for (const { declaration } of reads) {
        names.fields = declaration.fields;
        names.fieldsWhole = declaration.whole;
      }
    },
    check: (_reads, { vocabulary }) => {
      const fieldsKept = fieldsKeptOf(vocabulary);
      return { plan: { attributes: attributesOf(vocabulary), ...(fieldsKept !== undefined && { fieldsKept }) } };
    },
  },
  products: { ...productsFile, unique: undefined },
  event: {
    ...eventFile,
    unique: "by name",
    declare(reads, names) {
      for (const { declaration } of reads) names.events.set(declaration.name, declaration);
    },
    check(reads) {
      const kept = reads.flatMap(({ declaration: { name, retentionMs } }) =>
        retentionMs === undefined ? [] : [[name, retentionMs] as const],
      );
      return kept.length === 0 ? {} : { plan: { kept: Object.fromEntries(kept) } };
    },
  },
  segment: { ...segmentFile, unique: "by name", declare: declareSegments, check: checkSegments },
  recommendation: { ...recommendationFile, unique: "by name", check: checkRecommendations },
  content: { ...contentFile, unique: "by name", check: checkContents },
  loyalty: { ...loyaltyFile, unique: "one a brand", check: checkLoyaltyRule },
  trigger: { ...triggerFile, unique: "by name", check: checkTriggers },
  pressure: { ...pressureFile, unique: undefined, check: checkPressure },
  consent: { ...consentFile, unique: undefined, declare: declarePurposes, check: checkConsent },
  list: {
    ...listFile,
    unique: "by name",
    declare(reads, names) {
      const sorted = reads.map(({ declaration }) => declaration.name.name).sort();
      names.lists = new Map(sorted.map((name, index) => [name, index]));
    },
    check(reads) {
      const lists = reads.map(({ declaration: { name, members } }) => ({ name: name.name, members }));
      lists.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { plan: lists.length === 0 ? {} : { lists } };
    },
  },
  places: {
    ...placesFile,
    unique: undefined,
    declare(reads, names) {
      for (const { declaration } of reads) names.places = declaration.places;
    },
  },
  source: { ...sourceFile, unique: undefined },
  test: { ...testFile, unique: undefined, check: checkTests },
};

/**
 * A kind whatever its declarations are. The table above pairs every kind with its own; TypeScript cannot follow that
 * through a list of all, hence the one assertion.
 */
export interface AnyRuleKind
  extends Pick<RuleKind<Declaration>, "kind" | "place" | "prepare" | "read" | "schema" | "unique"> {
  declare?(reads: readonly Read[], names: NamesDraft): void;
  check?(reads: readonly Read[], set: RuleSet): CheckedPart;
}

export const RULE_KINDS = Object.values(KINDS) as unknown as readonly AnyRuleKind[];
