/** A message on its way from its owner to its channel: addressed, with what its template shows of the reader, not yet in words. */
import type {
  CallOutcome,
  Channel,
  MessageLinks,
  OutgoingMessage,
  UncalledOutcome,
  UnrenderableReason,
} from "../model/message.ts";
import type { FieldValue } from "../model/plan.ts";
import type { RecommendedProduct } from "../model/recommendation.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { MessageId, ShownProperties } from "../model/trigger.ts";

export interface Letter {
  readonly id: MessageId;
  /** Counted from 1. */
  readonly attempt: number;
  readonly channel: Channel;
  readonly address: string;
  readonly category: string;
  readonly template: string;
  /** As of the instant of its gates. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Of the recommendation that the template goes through, found at that instant: in stock then, and wanted. */
  readonly products?: readonly RecommendedProduct[] | undefined;
  /** As recorded with its decision: what the template shows of the event that set it off. */
  readonly event: ShownProperties | undefined;
  /** The reader's; undefined: not known. */
  readonly language: string | undefined;
  /** IANA name of the zone by whose clock the reader is told of moments. */
  readonly zone: string;
  /** That it is opened and followed is counted, as its reader agrees: of whom, of which campaign, since when; undefined: it is not. */
  readonly tracked: { readonly profile: ProfileId; readonly trigger: string; readonly at: Instant } | undefined;
  readonly reference: string;
  readonly links: MessageLinks;
}

/** What an attempt may come to. */
export type AttemptOutcome = CallOutcome | UncalledOutcome;

/** Puts a letter into words. Pure; what cannot be said to one reader concerns that one only. */
export type PutIntoWords = (
  letter: Letter,
) =>
  | { readonly is: "rendered"; readonly message: OutgoingMessage }
  | { readonly is: "unrenderable"; readonly field: string; readonly because: UnrenderableReason };
