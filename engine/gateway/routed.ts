/**
 * One request on its way through the router, from its call to its final answer; a watch stays one until it is unwatched.
 * A plain record of one shape, for there are 100,000 of them a second: the router, the flows and the shards' lines keep
 * their own fields in it.
 */
import { hashText } from "../model/hash.ts";
import type { CellKey, Identifier } from "../model/identifier.ts";
import { cellKey } from "../model/identifier.ts";
import { shardOfProfile } from "../model/ids.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import type { ReadWant, RequestId, ToShard } from "../shard/port.ts";
import type { KeptBody } from "./body-slabs.ts";
import type { ReceiptWay } from "./receipt-way.ts";
import type { Flow } from "./router-flow.ts";
import type { EventOptions, FinalAnswer, Push } from "./router-port.ts";

export interface WatchState {
  readonly onPush: (push: Push) => void;
  /** The last push passed on, of the shard where the watch is now. */
  epoch: number;
  position: number;
  /** What was passed on last, as text. */
  shown: string | undefined;
  /** It stood with an owner before, or nobody was known: something may have happened meanwhile. */
  mayHaveMissed: boolean;
  /** Nobody is known by that identifier yet, or the shard was busy: ask again then, by the monotonic clock. */
  retryAtMs: number;
}

export type Asked =
  | { readonly is: "event"; readonly body: KeptBody; readonly options: EventOptions }
  | { readonly is: "read"; readonly identifier: Identifier; readonly want: ReadWant }
  | { readonly is: "told"; readonly message: ToldMessage; readonly settle: Settle }
  | { readonly is: "watch"; readonly identifier: Identifier; readonly state: WatchState };

/** What goes to a shard, or to a profile of it, from the engine itself. */
export type ToldMessage =
  | Omit<Extract<ToShard, { kind: "backfill" }>, "request" | "shard" | "profile">
  | Omit<Extract<ToShard, { kind: "report" }>, "request" | "shard" | "profile">
  | Omit<Extract<ToShard, { kind: "repair" }>, "request" | "shard">
  | Omit<Extract<ToShard, { kind: "warm" }>, "request" | "shard">;

/** Called once: whether it is recorded, or else is to be sent again later. */
export type Settle = (isDone: boolean) => void;

export class Routed {
  readonly slot: number;
  readonly sinceMs: number;
  readonly asked: Asked;
  readonly flow: Flow | undefined;
  readonly done: ((answer: FinalAnswer) => void) | undefined;
  /** The identifier by which it is routed, when the gateway could tell; else the shard finds out. */
  readonly key: CellKey | undefined;
  /** `hashText(key)`, 0 without one. */
  readonly hash: number;

  /** Of the last time it was sent, so that late answers to earlier sendings are told from it; a watch keeps one. */
  id: RequestId = 0;
  /** Redirects followed. */
  hops = 0;

  /** The way. */
  shard = 0 as ShardId;
  profile: ProfileId | undefined = undefined;
  route = 0;
  /** The way was told by a shard, and is not to be looked up again. */
  told = false;
  /** It stands in its shard's line. */
  sent = false;
  /** It has been given to the link to the shard's present owner. */
  onLink = false;

  flowBefore: Routed | undefined = undefined;
  flowAfter: Routed | undefined = undefined;
  lineBefore: Routed | undefined = undefined;
  lineAfter: Routed | undefined = undefined;

  constructor(
    place: { readonly slot: number; readonly sinceMs: number; readonly flow: Flow | undefined },
    person: { readonly key: CellKey | undefined; readonly hash: number },
    ask: { readonly asked: Asked; readonly done: ((answer: FinalAnswer) => void) | undefined },
  ) {
    this.slot = place.slot;
    this.sinceMs = place.sinceMs;
    this.flow = place.flow;
    this.key = person.key;
    this.hash = person.hash;
    this.asked = ask.asked;
    this.done = ask.done;
  }
}

type Place = ConstructorParameters<typeof Routed>[0];
type Done = (answer: FinalAnswer) => void;

/**
 * A read, with its way when that is known: a profile's id names its shard. Such a read names nobody by an identifier, so
 * it carries the id in the place of one, which is nobody's.
 */
export function routedRead(
  whom: Identifier | ProfileId,
  place: Place,
  ask: { readonly want: ReadWant; readonly done: Done; readonly shards: number },
): Routed {
  const { want, done, shards } = ask;
  const identifier = typeof whom === "string" ? ({ kind: "anonymous", value: whom } as const) : whom;
  const request = new Routed(place, personOf(identifier), { asked: { is: "read", identifier, want }, done });
  if (typeof whom !== "string") return request;
  request.told = true;
  request.profile = whom;
  request.shard = shardOfProfile(whom, shards);
  return request;
}

/** Its way is known; the shard may know a better one. */
export function routedTold(
  to: { readonly shard: ShardId; readonly profile: ProfileId | undefined },
  place: Place,
  asked: Extract<Asked, { is: "told" }>,
): Routed {
  const request = new Routed(place, NOBODY, { asked, done: (): void => asked.settle(false) });
  request.told = true;
  request.shard = to.shard;
  request.profile = to.profile;
  return request;
}

/** Key and hash of who an identifier names. */
export function personOf(identifier: Identifier): { readonly key: CellKey; readonly hash: number } {
  const key = cellKey(identifier);
  return { key, hash: hashText(key) };
}

const NOBODY = { key: undefined, hash: 0 };

/** By whom an event's or a receipt's request is routed, and with whom it keeps its order. */
export function whoseIs(
  body: Uint8Array,
  receipt: ReceiptWay | undefined,
  hint: (body: Uint8Array) => Identifier | undefined,
): {
  readonly person: { readonly key: CellKey | undefined; readonly hash: number };
  readonly flowKey: number | undefined;
} {
  if (receipt !== undefined) {
    const { cell, customer } = receipt;
    return { person: cell === undefined ? NOBODY : { key: cell, hash: hashText(cell) }, flowKey: customer };
  }
  const identifier = hint(body);
  if (identifier === undefined) return { person: NOBODY, flowKey: undefined };
  const person = personOf(identifier);
  return { person, flowKey: person.hash };
}

/** What is put on a link. */
export function wireForm(request: Routed): ToShard {
  const { shard, id, profile, told, route, asked } = request;
  switch (asked.is) {
    case "event": {
      const { origin, decide } = asked.options;
      return { kind: "event", shard, request: id, origin, profile, told, route, decide, body: asked.body.bytes };
    }
    case "read":
      return { kind: "read", shard, request: id, identifier: asked.identifier, profile, want: asked.want };
    case "told":
      // Where it is told to go it is told whose it is.
      return asked.message.kind === "backfill" || asked.message.kind === "report"
        ? { ...asked.message, shard, request: id, profile: profile as ProfileId }
        : { ...asked.message, shard, request: id };
    case "watch":
      return { kind: "watch", shard, request: id, identifier: asked.identifier, profile, watch: id };
  }
}
