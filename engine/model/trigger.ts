/**
 * Triggers as the engine knows them: what sets one off, what it would send, and how a message is known. A trigger that fires
 * is a record (record.ts); when, how and whether what it wants is delivered is told later, by other records.
 */
import type { EventName } from "./event.ts";
import { digestHex, digestText } from "./hash.ts";
import type { Holdout } from "./holdout.ts";
import type { Brand, Instant, ProfileId, SourceId } from "./ids.ts";
import type { Channel } from "./message.ts";
import type { AppliedEvent, EventAtHand, FieldValue, ProfileView } from "./plan.ts";

/** 32 hex digits: the same intent (trigger, constituent profile, cause) is the same message. */
export type MessageId = Brand<string, "MessageId">;

/** What set a trigger off. With the trigger's name and the profile it tells one firing from every other. */
export type Cause =
  | { readonly is: "event"; readonly name: EventName; readonly source: SourceId; readonly messageId: string }
  /** `epoch` counts the profile's entries of that segment. */
  | { readonly is: "segment"; readonly segment: string; readonly entered: boolean; readonly epoch: number }
  /** A date, a schedule or a sequence: its instant tells it. */
  | { readonly is: "time"; readonly due: Instant };

export interface SendIntent {
  /** Name of what is rendered. */
  readonly template: string;
  /** Channels, the most wanted first. */
  readonly by: readonly Channel[];
  /** By `web`: the place of a page in which it is shown; absent: USUAL_SLOT. */
  readonly slot?: string;
  readonly category: string;
  /** 0 to 100; the highest is sent where several compete. */
  readonly priority: number;
  /** How long after `at` it still makes sense; undefined: always. */
  readonly expiresMs: number | undefined;
  /** How long it waits for others to compete with. */
  readonly competesForMs: number;
  /** Those kept out for comparison: a percentage of profiles, drawn by a salt. */
  readonly holdout: Holdout | undefined;
  /**
   * What is done where nobody knows whether it was sent, and the provider would not know it again either; absent: it is let
   * go, rather than come twice.
   */
  readonly ifUnknown?: "send again";
  /**
   * Properties of the event that set it off, by name: those that its template shows and the event has. Recorded with the
   * decision, as no event is at hand any more when the message is sent. Absent where there are none.
   */
  readonly event?: ShownProperties;
  /** Of the event that they are of; absent where there are none. */
  readonly eventName?: EventName;
}

export type ShownProperties = Readonly<Record<string, FieldValue>>;

export interface TriggerDefinition {
  readonly name: string;
  /** hashText(name): what a profile remembers a firing by; distinct within a plan. */
  readonly id: number;
  readonly intent: SendIntent;
  /** At most so many firings of one profile within a window; undefined: any number. */
  readonly atMost: { readonly count: number; readonly windowMs: number } | undefined;
}

/** An occurrence of a date, a schedule or a sequence. */
export interface Due {
  readonly trigger: number;
  readonly at: Instant;
}

/** The triggers of a plan, by index. Pure: nothing here knows what has fired, or what is paused. */
export interface TriggerSet {
  readonly all: readonly TriggerDefinition[];
  ofEvent(name: EventName): readonly number[];
  ofSegment(segment: number, entered: boolean): readonly number[];
  /** Whether what the trigger asks of the event and the profile holds. */
  holds(trigger: number, view: ProfileView, at: Instant, event?: EventAtHand): boolean;
  /** What of the event that sets it off its template shows; undefined: nothing. */
  shownOf?(trigger: number, event: EventAtHand): ShownProperties | undefined;
  /** Whether a trigger that asks so when it is sent still holds then; one that does not ask always does. */
  stillHolds?(trigger: number, view: ProfileView, at: Instant): boolean;
  /**
   * Sequences that an event has completed, at most 7 days ago, by time up to `at`: those that are complete with it, which the
   * view has applied, and are not without it. In the order of time; one that came late may have completed several.
   */
  completed(view: ProfileView, event: AppliedEvent, at: Instant): readonly Due[];
  /** Sequences whose last step is an event, complete for at most 7 days, in the order of time. */
  complete(view: ProfileView, at: Instant): readonly Due[];
  /**
   * What time sets off in [from, until], in the order of time: of a date or a schedule the latest occurrence; of a
   * sequence that ends with something not to come each, at most 7 days before `until`.
   */
  due(view: ProfileView, span: { readonly from: Instant; readonly until: Instant }): readonly Due[];
}

/** The name of what a firing wants to send. */
export function messageIdOf(trigger: string, profile: ProfileId, cause: Cause): MessageId {
  const text = `${trigger}\n${profile}\n${causeText(cause)}`;
  // Two digests of different beginnings: 8 bytes alone would meet by chance among a few thousand million messages.
  return (hexOf(`1\n${text}`) + hexOf(`2\n${text}`)) as MessageId;
}

function causeText(cause: Cause): string {
  switch (cause.is) {
    case "event":
      return `event\n${cause.source}\n${cause.messageId}`;
    case "segment":
      return `${cause.entered ? "entered" : "left"}\n${cause.segment}\n${cause.epoch}`;
    case "time":
      return `time\n${cause.due}`;
  }
}

function hexOf(text: string): string {
  return digestHex(digestText(text));
}
