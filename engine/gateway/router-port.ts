/**
 * The seam between the sockets of this room and the router, which finds the owner of each event's shard. The sockets hand
 * over bytes and get one final answer each; that an event was forwarded, repeated after a takeover or sent to another node
 * is the router's business and never seen here. Nothing in this file has behaviour.
 */
import type { Identifier } from "../model/identifier.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Decision } from "../model/plan.ts";
import type { Answer, Origin, ReadWant } from "../shard/port.ts";
import type { ReceiptWay } from "./receipt-way.ts";

/** What a sender is told in the end: its event is durable, refused for good, or to be repeated later (`busy`). */
export type FinalAnswer = Extract<Answer, { is: "applied" | "duplicate" | "receipt" | "refused" | "busy" | "read" }>;

/**
 * Order: events of one lane are applied in the order given. One a connection, or one a visitor of a connection that
 * carries many, or one an HTTP request. The router may keep what it needs on its own extension of it.
 */
export interface Lane {
  readonly lane: number;
}

/** New content for somebody who is watched; the router has dropped what is older than the last one passed on. */
export interface Push {
  readonly profile: ProfileId;
  readonly decisions: readonly Decision[];
}

export interface EventOptions {
  readonly origin: Origin;
  /** Ask for the decisions after the event. The shard gives them only to who may see them. */
  readonly decide: boolean;
  /** The bytes are a till's receipt, and go this way. */
  readonly receipt?: ReceiptWay;
}

export interface EventRouter {
  createLane(): Lane;
  /**
   * Sends one wire event on its way. `body` is valid during the call only: the router copies what it keeps.
   * `done` is called once, never before `event` returns, after the event's record is durable or it was refused.
   */
  event(lane: Lane, body: Uint8Array, options: EventOptions, done: (answer: FinalAnswer) => void): void;
  /** By an identifier, or of a profile whose id is known. Creates nothing, whoever is asked for. */
  read(whom: Identifier | ProfileId, want: ReadWant, done: (answer: FinalAnswer) => void): void;
  /** Calls `onPush` whenever this person's decisions change, until the returned function is called. undefined: no more can be. */
  watch(identifier: Identifier, onPush: (push: Push) => void): (() => void) | undefined;
  /** Events and reads not answered yet; admission looks at it. */
  readonly inFlight: number;
}
