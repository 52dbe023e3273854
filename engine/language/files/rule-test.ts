/**
 * A marketer's test of rules, as a file of `rules/tests/` says it: somebody who is told to Vif, does things at times, and
 * what must then hold. Steps stand in the order of the file; every name in them has been found.
 */
import type { EventName, JsonObject } from "../../model/event.ts";
import type { Instant } from "../../model/ids.ts";
import type { Span } from "../source/source.ts";

export interface RuleTest {
  readonly name: string;
  /** Relative to the brand folder. */
  readonly path: string;
  readonly steps: readonly TestStep[];
}

export type TestStep =
  /** What is known of the person, at the time of the first event: fields, addresses, and what they have said of `consent`. */
  | { readonly is: "given"; readonly traits: JsonObject }
  | { readonly is: "event"; readonly at: Instant; readonly name: EventName; readonly fields: JsonObject }
  | { readonly is: "advance"; readonly byMs: number }
  | { readonly is: "expect"; readonly expected: Expected; readonly text: string; readonly line: number };

export type Expected =
  | { readonly is: "segment"; readonly segment: string; readonly inside: boolean }
  | { readonly is: "content"; readonly content: string; readonly shows: string }
  /** Of the sale at hand, by the loyalty rule and its bonuses. */
  | { readonly is: "points"; readonly points: number }
  /** `times` undefined: any number from 1 up; `by` undefined: by whatever channel. */
  | {
      readonly is: "message";
      readonly trigger: string;
      readonly times: number | undefined;
      readonly by: string | undefined;
      /** That it is not sent, for this reason (`no consent`), or for any where it is empty; undefined: that it is. */
      readonly skipped?: string;
    };

/** A step as written, before names are looked up. */
export type StepSyntax =
  | { readonly is: "given"; readonly traits: readonly WrittenField[]; readonly consent: readonly WrittenField[] }
  | {
      readonly is: "event";
      readonly at: Instant;
      readonly name: string;
      readonly fields: readonly WrittenField[];
      readonly span: Span;
    }
  | { readonly is: "advance"; readonly byMs: number }
  | { readonly is: "expect"; readonly expected: Expected; readonly text: string; readonly span: Span };

/** A text, or a list of texts: what it means is its field's to say. */
export interface WrittenField {
  readonly name: string;
  readonly value: string | readonly string[];
  readonly span: Span;
}
