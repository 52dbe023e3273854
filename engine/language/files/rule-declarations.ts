/** What a file declares, before names are looked up; one form a kind of file. */
import type { Rounding } from "../../model/loyalty.ts";
import type { StepSyntax } from "./rule-test.ts";
import type { ConditionSyntax, Name } from "../grammar/syntax.ts";
import type { RuleFile, Span } from "../source/source.ts";
import type { Report } from "../source/problem.ts";
import type { RecommendationBasis, RecommendationDefinition } from "../../model/recommendation.ts";
import type { SourceMapping } from "../../model/source-mapping.ts";
import type { EventEntry, FieldEntry } from "../check/vocabulary.ts";
import type { Schema } from "./file-schema.ts";
import type { PurposeSource, TitleSource, RateSource } from "../plan/checked-trigger.ts";
import type { OccasionSyntax } from "./occasion.ts";
import type { Channels } from "./rates.ts";
import type { ColumnUse } from "./source-cells.ts";
import type { YamlText } from "../source/yaml-source.ts";
import type { BonusDeclaration } from "./loyalty-bonuses.ts";
import type { PointsRate } from "./loyalty-rate.ts";
import type { WrittenHoldout } from "./holdout.ts";

export interface SegmentDeclaration {
  readonly kind: "segment";
  readonly name: Name;
  /** undefined: not readable, which is reported. */
  readonly when: ConditionSyntax | undefined;
}

export interface ContentDeclaration {
  readonly kind: "content";
  readonly name: Name;
  /** What it is about; undefined: nothing that would ask for a legal ground. */
  readonly category: YamlText | undefined;
  readonly choices: readonly {
    readonly when: ConditionSyntax | undefined;
    /** Written without a condition. */
    readonly always?: boolean;
    /** The name of a recommendation whose products it shows. */
    readonly recommendation?: YamlText | undefined;
    readonly show: string | undefined;
  }[];
  readonly otherwise: string | undefined;
  readonly holdout: WrittenHoldout | undefined;
}

export interface RecommendationDeclaration {
  readonly kind: "recommendation";
  readonly name: Name;
  /** undefined, the whole or a part of it: not readable, which is reported. */
  readonly rule:
    | (Omit<RecommendationDefinition, "name" | "basis" | "boosts"> & {
        readonly basis: RecommendationBasis | undefined;
        readonly only: ConditionSyntax | undefined;
        readonly exclude: ConditionSyntax | undefined;
        readonly boosts: readonly { readonly when: ConditionSyntax | undefined; readonly by: number | undefined }[];
      })
    | undefined;
}

export interface FieldsDeclaration {
  readonly kind: "fields";
  readonly fields: ReadonlyMap<string, FieldEntry>;
  readonly whole: boolean;
}

/** What the catalogue says of products beside what it says of all. */
export interface ProductsDeclaration {
  readonly kind: "products";
  readonly attributes: ReadonlyMap<string, FieldEntry>;
  readonly whole: boolean;
}

export interface BrandDeclaration {
  readonly kind: "brand";
  /** As customers know it. */
  readonly title: string | undefined;
  /** IANA name, as ICU spells it; undefined: UTC. */
  readonly zone: string | undefined;
  /** The field that holds a customer's own. */
  readonly customerZone: YamlText | undefined;
  /** 0: Monday. */
  readonly weekBegins: number | undefined;
  /** What its customers read; empty where nothing is said. */
  readonly languages: readonly string[];
  /** Where its pages are, without a slash at the end. */
  readonly site: string | undefined;
}

export interface ListDeclaration {
  readonly kind: "list";
  readonly name: Name;
  /** Digests of identifiers. */
  readonly members: readonly string[];
}

export interface PlacesDeclaration {
  readonly kind: "places";
  /** By kind and name, as model/place.ts packs them. */
  readonly places: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface EventDeclaration extends EventEntry {
  readonly kind: "event";
}

export interface SourceDeclaration {
  readonly kind: "source";
  readonly name: Name;
  /** undefined: something is wrong with it, which is reported. */
  readonly mapping: SourceMapping | undefined;
  /** Those of the mapping, with the places where they are named. */
  readonly columns: readonly ColumnUse[];
}

export interface NamedMessages {
  readonly print?: YamlText | undefined;
  readonly show?: YamlText | undefined;
}

export interface LoyaltyDeclaration {
  readonly kind: "loyalty";
  readonly name: Name;
  /** undefined, the whole or a part of it: not readable, which is reported. */
  readonly loyalty:
    | {
        readonly currency: string | undefined;
        readonly rate: PointsRate | undefined;
        readonly rounding: Rounding;
        readonly atMost: number | undefined;
        readonly excluded: readonly string[];
        readonly bonuses: readonly BonusDeclaration[];
        readonly balance: "may be negative" | "not below zero" | undefined;
        readonly unmatched: "at the rate" | "nothing" | undefined;
        /** Names of contents. */
        readonly sale: NamedMessages;
        /** Names of templates. */
        readonly onReturn: NamedMessages;
        readonly nobody: NamedMessages;
      }
    | undefined;
}

export interface TriggerDeclaration {
  readonly kind: "trigger";
  readonly name: Name;
  /** undefined, the whole or a part of it: not written, or not readable, which is reported. */
  readonly trigger:
    | {
        readonly on: OccasionSyntax | undefined;
        readonly hasWhen: boolean;
        readonly when: ConditionSyntax | undefined;
        readonly send: {
          readonly template: YamlText | undefined;
          readonly by: Channels | undefined;
          readonly slot: YamlText | undefined;
        };
        readonly category: YamlText | undefined;
        readonly priority: number | undefined;
        readonly expiresMs: number | undefined;
        readonly atMost: RateSource | undefined;
        readonly competesForMs: number | undefined;
        readonly holdout: WrittenHoldout | undefined;
        readonly still: "must hold" | undefined;
        readonly ifUnknown: { readonly choice: "send again" | "let go"; readonly span: Span } | undefined;
      }
    | undefined;
}

/** Categories and channels as written; undefined: any. */
interface WrittenReach {
  readonly category: YamlText | undefined;
  readonly channel: YamlText | undefined;
}

export interface PressureDeclaration {
  readonly kind: "pressure";
  readonly caps: readonly (WrittenReach & { readonly atMost: RateSource })[];
  readonly quiet: readonly (WrittenReach & { readonly fromMs: number; readonly untilMs: number })[];
  readonly holdout: WrittenHoldout | undefined;
}

export interface ConsentDeclaration {
  readonly kind: "consent";
  readonly purposes: readonly {
    readonly name: YamlText;
    readonly title: TitleSource;
    readonly channels: readonly YamlText[];
    readonly unasked: PurposeSource["unasked"];
  }[];
  /** The name of one of them. */
  readonly tracking: YamlText | undefined;
  readonly whole: boolean;
}

export interface TestDeclaration {
  readonly kind: "test";
  readonly name: string;
  readonly path: string;
  readonly steps: readonly StepSyntax[];
}

export type Declaration =
  | SegmentDeclaration
  | ContentDeclaration
  | BrandDeclaration
  | ListDeclaration
  | PlacesDeclaration
  | FieldsDeclaration
  | ProductsDeclaration
  | EventDeclaration
  | SourceDeclaration
  | LoyaltyDeclaration
  | RecommendationDeclaration
  | TriggerDeclaration
  | PressureDeclaration
  | ConsentDeclaration
  | TestDeclaration;

export type DeclarationOf<Kind extends Declaration["kind"]> = Extract<Declaration, { readonly kind: Kind }>;

/** A kind of rule file: which paths are of it, how one is read, and what editors are told of it. */
export interface FileKind<D extends Declaration> {
  readonly kind: D["kind"];
  /** Folder in the brand folder, or a file's own name: `fields.yaml`. */
  readonly place: string;
  /** What stands in for YAML's own signs before it is read as YAML; places stay as they are. */
  readonly prepare?: (file: RuleFile) => RuleFile;
  /** `stem` is the file's name without `.yaml`; even a file that cannot be read declares that name. */
  readonly read: (file: RuleFile, stem: string, report: Report) => D;
  /** Of such a file as a whole. */
  readonly schema: Schema;
}
