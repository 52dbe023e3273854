/**
 * On what ground a field is kept, and whether a rule may read it for what it is about. A field that a customer has given for
 * a contract is no ground for advertising, nor is consent to one purpose consent to another; a rule that reads it through
 * a segment reads it all the same.
 */
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { FieldKeeping, Vocabulary } from "./vocabulary.ts";

/** Told of every field and segment that a condition names. */
export interface Uses {
  field(name: string, span: Span): void;
  segment(name: string, span: Span): void;
}

/** The first place of each. */
export interface UsedNames extends Uses {
  readonly fields: ReadonlyMap<string, Span>;
  readonly segments: ReadonlyMap<string, Span>;
}

export function collectUses(): UsedNames {
  const fields = new Map<string, Span>();
  const segments = new Map<string, Span>();
  const note = (of: Map<string, Span>) => (name: string, span: Span) => {
    if (!of.has(name)) of.set(name, span);
  };
  return { fields, segments, field: note(fields), segment: note(segments) };
}

/** The fields that each segment reads, through other segments too. Segments come in order of dependency. */
export class SegmentFields {
  readonly #fields = new Map<string, ReadonlySet<string>>();

  add(segment: string, used: UsedNames): void {
    this.#fields.set(segment, this.read(used));
  }

  /** The fields that a rule reads, through segments too. */
  read({ fields, segments }: UsedNames): ReadonlySet<string> {
    const through = [...segments.keys()].flatMap((name) => [...this.of(name)]);
    return new Set([...fields.keys(), ...through]);
  }

  of(segment: string): ReadonlySet<string> {
    return this.#fields.get(segment) ?? new Set();
  }
}

export interface DataUse {
  /** What the rule is about: a purpose, or `transactional`. */
  readonly category: string;
  readonly used: UsedNames;
  readonly vocabulary: Vocabulary;
  readonly segmentFields: SegmentFields;
  /** What the rule names beside its conditions, such as recommendations and templates, each with what it reads. */
  readonly through?: readonly NamedBeside[];
}

export interface NamedBeside {
  readonly name: string;
  readonly span: Span;
  readonly fields: Iterable<string>;
  /** It is a template, which shows them. */
  readonly shown?: true;
}

export function checkDataUse(
  { category, used, vocabulary, segmentFields, through = [] }: DataUse,
  report: Report,
): void {
  const refuse = (name: string, span: Span, by?: Pick<NamedBeside, "name" | "shown">): void => {
    const kept = vocabulary.fields.get(name)?.kept;
    const ground = kept === undefined ? undefined : groundAgainst(kept, category);
    if (ground === undefined) return;
    const reads =
      by === undefined ? `\`${name}\`` : `\`${name}\`, which \`${by.name}\` ${by.shown ? "shows" : "reads"},`;
    const message = `${reads} is kept ${ground}, and this is ${category === "transactional" ? "" : "for "}\`${category}\``;
    const suggestion = `take it out of the ${by?.shown ? "template" : "rule"}, or ask for consent and say so in fields.yaml: \`basis: consent, purpose: ${category}\``;
    report({ code: "data_use", span, message, suggestion });
  };
  for (const [name, span] of used.fields) refuse(name, span);
  for (const [segment, span] of used.segments)
    for (const name of segmentFields.of(segment)) refuse(name, span, { name: segment });
  for (const beside of through) for (const field of beside.fields) refuse(field, beside.span, beside);
}

/** Why the field may not be read for this; undefined when it may. */
function groundAgainst({ basis, purpose }: FieldKeeping, category: string): string | undefined {
  if (basis === undefined || basis === "legitimate interest") return undefined;
  if (basis === "consent")
    return purpose === undefined || purpose === category ? undefined : `by consent for \`${purpose}\` only`;
  return category === "transactional" ? undefined : `for ${basis === "contract" ? "a contract" : `a ${basis}`} only`;
}
