/** The checked form of triggers, and of what bounds what is sent: parts of a plan, plain JSON like the rest of it. */
import type { Holdout } from "../../model/holdout.ts";
import type { Channel } from "../../model/message.ts";
import type { FieldType } from "../../model/plan.ts";
import type { WindowClock } from "../../model/window.ts";
import type { Condition } from "./checked.ts";

export type OccasionSource =
  | { readonly is: "event"; readonly event: string; readonly where: Condition | null }
  | { readonly is: "segment"; readonly segment: number; readonly entered: boolean }
  /** Each completion sets it off. */
  | { readonly is: "sequence"; readonly aggregate: number }
  | {
      readonly is: "date";
      readonly attribute: number;
      /** Before the date where negative. */
      readonly offsetDays: number;
      /** Since local midnight. */
      readonly timeMs: number;
      readonly yearly: boolean;
      readonly clock: WindowClock;
    }
  | {
      readonly is: "schedule";
      readonly days: ScheduleDays;
      readonly timeMs: number;
      readonly clock: WindowClock;
    };

/** Days of the week from 0, Monday, ascending; or a day of the month, its last where it has fewer. */
export type ScheduleDays =
  | { readonly is: "week"; readonly days: readonly number[] }
  | { readonly is: "month"; readonly day: number };

export interface TriggerSource {
  readonly name: string;
  readonly on: OccasionSource;
  readonly when: Condition | null;
  /** `slot`: the place of a page where it is not the usual one. */
  readonly send: { readonly template: string; readonly by: readonly Channel[]; readonly slot?: string };
  readonly category: string;
  readonly priority: number;
  readonly expiresMs: number | null;
  readonly atMost: RateSource | null;
  readonly competesForMs: number;
  readonly holdout: Holdout | null;
  /** `when`, and the segment, are asked again when it is sent. */
  readonly still?: true;
  /** Absent: let go. */
  readonly ifUnknown?: "send again";
  /** Properties of the event that sets it off, of which its template shows the values; absent: none. */
  readonly shows?: readonly ShownSource[];
}

export interface ShownSource {
  readonly name: string;
  readonly path: readonly string[];
  readonly type: FieldType;
}

/** What a trigger asks: first of the event at hand, then of the profile too. */
export function conditionsOf({ on, when }: TriggerSource): readonly Condition[] {
  return [on.is === "event" ? on.where : null, when].filter((condition) => condition !== null);
}

/** The same as one condition; undefined: it asks nothing. */
export function conditionOf(trigger: TriggerSource): Condition | undefined {
  const parts = conditionsOf(trigger);
  return parts.length > 1 ? { kind: "all", parts } : parts[0];
}

export interface RateSource {
  readonly count: number;
  readonly windowMs: number;
}

/** Null: any. */
interface Reach {
  readonly category: string | null;
  readonly channel: string | null;
}

export interface PressureSource {
  readonly caps: readonly (Reach & { readonly atMost: RateSource })[];
  /** Nothing is sent from `fromMs` to `untilMs` after local midnight; over midnight where `from` is the later one. */
  readonly quiet: readonly (Reach & { readonly fromMs: number; readonly untilMs: number })[];
  /** Absent: nobody is kept out of everything. */
  readonly holdout?: Holdout;
}

/** One text for all under `""`, or one a language. */
export type TitleSource = Readonly<Record<string, string>>;

export interface ConsentSource {
  /** The brand's name as customers know it, on the page where they say what they want; absent where it has none. */
  readonly brand?: string;
  /** The purpose by whose consent it is seen whether a message was opened, and its links followed; absent: never. */
  readonly tracking?: string;
  /** By purpose. */
  readonly purposes: Readonly<Record<string, PurposeSource>>;
}

export interface PurposeSource {
  readonly channels: readonly string[];
  /** What customers are asked: its words are what they agree to, so a plan has them. Absent where it has none. */
  readonly title?: TitleSource;
  /** Whether it is sent to those who have said nothing. */
  readonly unasked: "allowed" | "refused";
}
