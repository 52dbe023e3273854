/**
 * What a kind of rule file is to the checker: everything that is asked of it, in one object. To add a kind: its declaration
 * (files/rule-declarations.ts), a reader in files/, what it must be checked for, and its line in rule-kinds.ts. Kinds meet
 * only through the names that they declare and through what others have declared; check-rules.ts knows none of them.
 */
import type { PlanSource } from "../plan/checked.ts";
import type { Checking } from "../conditions/kind.ts";
import type { CheckingOptions } from "./checking-options.ts";
import type { SegmentFields } from "./data-use.ts";
import type { Declaration, DeclarationOf, FileKind } from "../files/rule-declarations.ts";
import type { PlanDraft } from "./plan-draft.ts";
import type { Report } from "../source/problem.ts";
import type { RuleTest } from "../files/rule-test.ts";
import type { RuleFile } from "../source/source.ts";
import type { EventEntry, FieldEntry, Vocabulary } from "./vocabulary.ts";

/** A file with what it declares. */
export interface Read<D extends Declaration = Declaration> {
  readonly file: RuleFile;
  readonly declaration: D;
  /** Collects what is wrong with the file. */
  readonly report: Report;
}

/** A vocabulary in the making. */
export interface NamesDraft {
  zone: Vocabulary["zone"];
  lists: ReadonlyMap<string, number>;
  places: Vocabulary["places"];
  fields: ReadonlyMap<string, FieldEntry>;
  fieldsWhole: boolean;
  readonly events: Map<string, EventEntry>;
  readonly segments: Map<string, number>;
  readonly purposes: Map<string, readonly string[]>;
  purposesWhole: boolean;
}

/** What a kind has of the whole set, once every name is known. */
export interface RuleSet {
  readonly vocabulary: Vocabulary;
  readonly draft: PlanDraft;
  readonly templates: readonly Pick<Read, "file" | "report">[];
  /** Each name once. */
  reads<Kind extends Declaration["kind"]>(kind: Kind): readonly Read<DeclarationOf<Kind>>[];
  /** What segments read; filled as they are checked. */
  readonly segmentFields: SegmentFields;
  /** What recommendations read of the profile; filled as they are checked. */
  readonly recommendationFields: Map<string, ReadonlySet<string>>;
  /** For the conditions of one file. */
  checking(
    read: Pick<Read, "file" | "report">,
    about?: Partial<Pick<CheckingOptions, "event" | "atHand" | "steps" | "uses">>,
  ): Checking;
}

/** What the files of a kind come to. */
export interface CheckedPart {
  readonly plan?: Partial<PlanSource>;
  readonly tests?: readonly RuleTest[];
}

export interface RuleKind<D extends Declaration> extends FileKind<D> {
  /** Several files may not declare the same name; or a brand may have one file only. */
  readonly unique: "by name" | "one a brand" | undefined;
  /** Adds the names that conditions may use. */
  readonly declare?: (reads: readonly Read<D>[], names: NamesDraft) => void;
  /** Checks the files against all names. Kinds are checked in the order of the table. */
  readonly check?: (reads: readonly Read<D>[], set: RuleSet) => CheckedPart;
}
