/**
 * What a call is: a value worked out of other values, the same for the interpreter and for generated code. To add one: its
 * name (call-name.ts), its line in a file beside this one, and what the checker makes of the words that mean it.
 */
import type { Instant } from "../../model/ids.ts";
import type { Zone } from "../../model/local-time.ts";

/** A function of values that are known; NaN or undefined: unknown all the same, as when dividing by zero. */
export type Values = (first: never, second: never) => number | string | undefined;
/** The same of whose clock reads what at which instant. */
export type Clocked = (zone: Zone, at: Instant, first: never) => number | string | undefined;

export interface Printed {
  readonly text: string;
  /** How strongly its parts hold together: 1 for sums, 2 for products, 3 for all else. */
  readonly binds: number;
}

/** Texts of the arguments, of which those that bind less than asked stand in parentheses. */
export interface Arguments {
  text(index: number, binds: number): string;
  /** What the argument is a call of; undefined when it is none. */
  callOf(index: number): string | undefined;
}

export interface CallKind {
  /** Exactly one of the two. */
  readonly values?: Values;
  readonly clocked?: Clocked;
  /** What it gives when an argument is NaN: texts are never NaN. */
  readonly gives: "number" | "text";
  print(of: Arguments): Printed;
  /** In plain English, where that is another thing. */
  say?(of: Arguments): Printed;
}
