/**
 * What really happened in a simulated run, kept beside it: every event sent, what senders were told, which records are
 * durable. It watches each journal batch as it becomes durable (or is lost by a store that goes back in time) and each
 * message that a host lets out, and notes at once where a promise is broken. The final account is the oracle's.
 */
import { duplicateHorizonMs } from "../../engine/limits.ts";
import { customerHash, parseReceipt } from "../../engine/gateway/parse-receipt.ts";
import { digestText } from "../../engine/model/hash.ts";
import type { Event } from "../../engine/model/event.ts";
import { type Receipt, readReceiptMark } from "../../engine/model/receipt.ts";
import type { Epoch, Position, ProfileId, ShardId, SourceId } from "../../engine/model/ids.ts";
import { decodeBatch } from "../../engine/model/record-codec.ts";
import type { Batch, JournalRecord, PeerBody } from "../../engine/model/record.ts";
import { bodyHashOf, digestKeyOf, type WireEvent, type WireReceipt, wireText } from "./wire-event.ts";
import type { JournalObserver, KeptBatch } from "./store-state.ts";

/** One event as its sender knows it. A repetition with another body is another entry of the same digest. */
export interface SentEvent {
  readonly wire: WireEvent;
  /** As it goes over the wire. */
  readonly body: Uint8Array;
  readonly source: string;
  readonly trusted: boolean;
  /** `hhhhhhhhllllllll` hex of (source, messageId). */
  readonly digest: string;
  /** Of digest and body: names this entry. */
  readonly key: string;
  /** Lanes on which it was ever given to a router, in order. */
  readonly lanes: number[];
  /** Times that it reached a host. */
  arrivals: number;
  told: "applied" | "duplicate" | undefined;
  /** The profile of the answer. */
  profile: ProfileId | undefined;
  refused: string | undefined;
  /** A till's receipt. */
  readonly receipt: Receipt | undefined;
  /** What the till was told first. */
  members: string | undefined;
}

export interface DurableBatch {
  readonly stored: KeptBatch;
  readonly batch: Batch;
  /** Counts batches in the order in which they became durable, over all shards. */
  readonly order: number;
}

const TILL_ORIGIN = { trusted: true, visitor: undefined, receivedAt: Number.MAX_SAFE_INTEGER / 2 };

interface LostBatch {
  readonly batch: DurableBatch;
  /** Who owned the shard and can give it back; undefined: nobody. */
  owner: string | undefined;
}

export class Ledger implements JournalObserver {
  readonly events = new Map<string, SentEvent>();
  readonly #byText = new Map<string, SentEvent>();
  /** Of each shard, all durable batches from the first, trimmed or not. */
  readonly journals: DurableBatch[][];
  readonly violations: string[] = [];
  /** Durable records that hold an event, by the event's key. */
  readonly #evidence = new Map<string, number>();
  readonly #everDurable = new Set<string>();
  readonly #recorded = new Map<string, Event>();
  /** Highest position of each shard that ever was durable under its newest epoch. */
  readonly #highest: { epoch: Epoch; position: Position }[];
  /** Epochs ever granted, those too that a rewind took back, each with that of the lease upon which it was; and the newest. */
  readonly #granted: Map<Epoch, Epoch>[];
  readonly #newest: Epoch[] = [];
  #lost: LostBatch[] = [];
  /** Records that nobody alive could give back to a store that went back in time: their events may be missing. */
  readonly excused = new Set<string>();
  excusedRecords = 0;
  rewinds = 0;
  /** Virtual time of the last one. */
  rewoundAtMs = Number.NEGATIVE_INFINITY;
  /**
   * The run has met a known limit, and is judged no further. The one there is: at level `process` the store went back, the
   * owner that could have given back died, and history did not answer its successor, which went on without what history
   * holds. The drainer says so (`diverged`) and leaves it to reconciliation.
   */
  limitMet = false;
  /** Where a line for the trace goes. */
  note: (text: () => string) => void = () => {};
  /** Wall time since the start: message ids are remembered for a horizon only. */
  wallPassedMs: () => number = () => 0;
  /** Attempts that are durable, or were: since when, in virtual ms, by `message.attempt`. */
  readonly attempts = new Map<string, number>();
  nowMs: () => number = () => 0;
  #lanes = 0;
  #order = 0;
  /** Who owns a shard at an epoch and has heard that it is durable up to a position, told by the nodes. */
  ownerOf: (shard: ShardId, epoch: Epoch, durable: Position) => string | undefined = () => undefined;

  constructor(shards: number) {
    this.journals = Array.from({ length: shards }, () => []);
    this.#highest = Array.from({ length: shards }, () => ({ epoch: 0, position: 0 }));
    this.#granted = Array.from({ length: shards }, () => new Map());
  }

  get mayHaveBeenForgotten(): boolean {
    return this.wallPassedMs() >= duplicateHorizonMs;
  }

  nextLane(): number {
    return ++this.#lanes;
  }

  violate(text: string): void {
    this.violations.push(text);
  }

  /** Registers an event before it is sent. */
  sent(wire: WireEvent, source: string, trusted: boolean): SentEvent {
    const text = wireText(wire);
    const digest = digestHex(digestKeyOf(source, wire.messageId));
    const key = keyOf(digest, bodyHashOf(text));
    const known = this.events.get(key);
    if (known !== undefined) return known;
    const event: SentEvent = {
      wire,
      body: Buffer.from(text, "latin1"),
      source,
      trusted,
      digest,
      key,
      lanes: [],
      arrivals: 0,
      told: undefined,
      profile: undefined,
      refused: undefined,
      receipt: undefined,
      members: undefined,
    };
    this.events.set(key, event);
    this.#byText.set(`${source} ${text}`, event);
    return event;
  }

  /** Registers a till's receipt before it is sent. */
  sentReceipt(wire: WireReceipt, source: string): SentEvent {
    const body = Buffer.from(JSON.stringify(wire));
    const parsed = parseReceipt(body, { ...TILL_ORIGIN, source: source as SourceId }, {});
    if (!("receipt" in parsed) || parsed.receipt === undefined)
      throw new Error(`a simulated till sends what is no receipt: ${JSON.stringify(parsed)}`);
    const { receipt } = parsed;
    const { messageId, digest, bodyHash, fields } = receipt.event;
    // Whose it is is no part of its content, and another customer's is another entry.
    const key = `${keyOf(hex64(digest), bodyHash)}/${receipt.customer.toString(16)}`;
    const known = this.events.get(key);
    if (known !== undefined) return known;
    const { userId, email } = wire.customer ?? {};
    const event: SentEvent = {
      wire: {
        type: "track",
        event: "receipt",
        messageId,
        ...(userId !== undefined && { userId }),
        ...(email !== undefined && { email }),
        fields,
        timestamp: receipt.event.timestamp,
      },
      body,
      source,
      trusted: true,
      digest: hex64(digest),
      key,
      lanes: [],
      arrivals: 0,
      told: undefined,
      profile: undefined,
      refused: undefined,
      receipt,
      members: undefined,
    };
    this.events.set(key, event);
    this.#byText.set(`${source} ${body.toString("latin1")}`, event);
    return event;
  }

  /** @param text as it went over the wire */
  entryOf(source: string, text: string): SentEvent | undefined {
    return this.#byText.get(`${source} ${text}`);
  }

  /** The event last recorded under this digest. */
  recordedOf(digest: string): Event | undefined {
    return this.#recorded.get(digest);
  }

  isDurable(key: string): boolean {
    return (this.#evidence.get(key) ?? 0) > 0;
  }

  /** Whether it may be answered: durable now or, by an owner whose store went back in time, before. */
  wasDurable(key: string): boolean {
    return this.#everDurable.has(key);
  }

  wasDurableDigest(digest: string): boolean {
    return this.#recorded.has(digest);
  }

  highestDurable(shard: ShardId): Position {
    return this.#highest[shard]?.position ?? 0;
  }

  granted(shard: ShardId, epoch: Epoch, seen: Epoch): void {
    const before = this.#granted[shard] as Map<Epoch, Epoch>;
    // A store that went back may grant one again; they are drawn, so that it is one claim in thousands.
    if (before.has(epoch) && this.rewinds === 0) this.violate(`shard ${shard}: epoch ${epoch} was granted twice`);
    before.set(epoch, seen);
    this.#newest[shard] = epoch;
  }

  durable(stored: KeptBatch): void {
    const { shard, epoch, firstPosition } = stored;
    const journal = this.journals[shard] as DurableBatch[];
    const batch = decodeBatch(stored.bytes);
    const last = journal.at(-1);
    if (batch.firstPosition !== firstPosition || batch.records.length !== stored.count)
      this.violate(`shard ${shard}: the batch at ${firstPosition} holds other positions than it was appended at`);
    if (firstPosition !== (last === undefined ? 1 : last.stored.firstPosition + last.stored.count))
      this.violate(`shard ${shard}: a hole before position ${firstPosition}`);
    if (last !== undefined && batch.instant < last.batch.instant)
      this.violate(`shard ${shard}: time runs back by ${last.batch.instant - batch.instant} ms at ${firstPosition}`);
    if (last !== undefined && epoch < last.stored.epoch)
      this.violate(`shard ${shard}: epoch ${epoch} was appended after ${last.stored.epoch}`);
    journal.push({ stored, batch, order: ++this.#order });
    this.note(() => `durable s${shard}@${firstPosition} e${epoch}: ${batch.records.map(describeRecord).join("; ")}`);
    this.#lost = this.#lost.filter((lost) => !isSameBatch(lost.batch.stored, stored));
    const highest = this.#highest[shard] as { epoch: Epoch; position: Position };
    const end = firstPosition + stored.count - 1;
    this.#highest[shard] = { epoch, position: epoch > highest.epoch ? end : Math.max(end, highest.position) };
    for (const record of batch.records)
      if (record.kind === "attempt") this.attempts.set(`${record.message}.${record.attempt}`, this.nowMs());
    for (const key of batch.records.flatMap((record) => unclaimedKeyOf(record) ?? [])) {
      this.#evidence.set(key, (this.#evidence.get(key) ?? 0) + 1);
      this.#everDurable.add(key);
    }
    for (const event of batch.records.flatMap((record) => eventIn(record) ?? [])) {
      const key = eventKey(event);
      this.#evidence.set(key, (this.#evidence.get(key) ?? 0) + 1);
      this.#everDurable.add(key);
      this.#recorded.set(hex64(event.digest), event);
    }
  }

  lost(stored: KeptBatch): void {
    const { shard, epoch } = stored;
    const batch = this.journals[shard]?.pop();
    if (batch === undefined || batch.stored !== stored) throw new Error("the store forgot another batch than its last");
    this.note(() => `lost s${shard}@${stored.firstPosition}: ${batch.batch.records.map(describeRecord).join("; ")}`);
    for (const key of eventKeysOf(batch.batch)) this.#evidence.set(key, (this.#evidence.get(key) ?? 0) - 1);
    this.#lost.push({ batch, owner: this.ownerOf(shard, epoch, stored.firstPosition + stored.count - 1) });
    if (this.#lost.at(-1)?.owner === undefined) this.#excuseOrphans();
  }

  /** A life of a node ended: what only it could give back is lost for good. */
  ownerGone(owner: string): void {
    for (const lost of this.#lost) if (lost.owner === owner) lost.owner = undefined;
    this.#excuseOrphans();
  }

  /** `owner` owns the shard from now on, another life or the same once more. */
  claimedBy(owner: string, shard: ShardId): void {
    for (const lost of this.#lost)
      if (lost.batch.stored.shard === shard && (lost.owner !== owner || !this.#mayKnow(lost.batch.stored)))
        lost.owner = undefined;
    this.#excuseOrphans();
  }

  /**
   * Whether its owner, which has claimed the shard anew, can tell that the journal is the one it wrote on: by what stands
   * last in it, or by the lease that it found. Where both claims are gone with all that it wrote, another may have written.
   */
  #mayKnow({ shard, epoch }: KeptBatch): boolean {
    const granted = this.#granted[shard] as Map<Epoch, Epoch>;
    const found = granted.get(this.#newest[shard] ?? 0);
    return this.journals[shard]?.at(-1)?.stored.epoch === epoch || found === epoch || found === granted.get(epoch);
  }

  /** Batches that their owner has not given back, though it could. */
  get owed(): readonly DurableBatch[] {
    return this.#lost.map(({ batch }) => batch);
  }

  #excuseOrphans(): void {
    const orphans = this.#lost.filter(({ owner }) => owner === undefined);
    this.#lost = this.#lost.filter(({ owner }) => owner !== undefined);
    for (const { batch } of orphans) {
      this.excusedRecords += batch.batch.records.length;
      for (const key of eventKeysOf(batch.batch)) this.excused.add(key);
    }
  }
}

/** The same records, under whichever epoch they were appended. */
function isSameBatch(a: KeptBatch, b: KeptBatch): boolean {
  return a.shard === b.shard && a.firstPosition === b.firstPosition && a.count === b.count && a.digest === b.digest;
}

/** The event that a record makes durable, if any. */
function eventIn(record: JournalRecord): Event | undefined {
  return record.kind === "event" ? record.event : undefined;
}

function eventKeysOf(batch: Batch): readonly string[] {
  return batch.records.flatMap((record) => {
    const event = eventIn(record);
    return event === undefined ? (unclaimedKeyOf(record) ?? []) : [eventKey(event)];
  });
}

export function eventKey(event: Event): string {
  const key = keyOf(hex64(event.digest), event.bodyHash);
  return event.receipt === true ? `${key}/${customerHash(event.identifiers).toString(16)}` : key;
}

/** Of nobody's receipt. */
function unclaimedKeyOf(record: JournalRecord): string | undefined {
  if (record.kind !== "receipt" || record.unclaimed === undefined) return undefined;
  return `${keyOf(record.unclaimed.facts.digest, readReceiptMark(record.mark).content)}/0`;
}

export function hex64({ high, low }: { readonly high: number; readonly low: number }): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

function digestHex(text: string): string {
  return hex64(digestText(text));
}

function keyOf(digest: string, bodyHash: number): string {
  return `${digest}/${bodyHash.toString(16)}`;
}

/** For traces. */
function describeRecord(record: JournalRecord): string {
  const number = (n: number): string => `${Math.floor(n / 2 ** 32)}.${n % 2 ** 32}`;
  switch (record.kind) {
    case "event":
      return `event ${record.event.messageId} ${record.creates ? "creates" : "to"} ${record.profile}`;
    case "transition":
      return `${record.profile} ${record.entered ? "enters" : "leaves"} ${record.segment}`;
    case "ledger":
      return `ledger ${record.profile} ${record.points} of ${record.facts.receiptId}: ${record.balance}`;
    case "backfilled":
      return `backfilled ${record.profile}`;
    case "warmed":
      return "warmed";
    case "repaired":
      return `repaired ${JSON.stringify({ ...record.repair, row: undefined })}`;
    case "receipt":
      return `mark ${record.cell} ${record.mark}${record.unclaimed === undefined ? "" : " unclaimed"}`;
    case "plan":
      return record.digest;
    case "decided":
      return `${record.profile} is sent ${record.trigger} because of ${JSON.stringify(record.cause)}`;
    case "attempt":
      return `attempt ${record.attempt} of ${record.message} by ${record.channel}, ${record.trigger} to ${record.profile}`;
    case "outcome":
      return `${record.trigger} to ${record.profile}, attempt ${record.attempt}: ${record.outcome.is}${record.again === undefined ? "" : ", again"}`;
    case "exposed":
      return `${record.profile} comes to ${record.holdout} by ${record.by}${record.heldOut ? ", held out" : ""}`;
    case "control":
      return `ordered: ${JSON.stringify(record.orders)}`;
    case "sent":
      return `sent ${number(record.n)} to s${record.to} ${describeBody(record.body)}`;
    case "received":
      return `received ${number(record.n)} from s${record.from} ${describeBody(record.body)}: ${record.result.is}`;
    case "answered":
      return `answered ${number(record.n)} by s${record.to} ${describeBody(record.body)}: ${record.result.is}`;
  }
}

function describeBody(body: PeerBody): string {
  switch (body.ask) {
    case "claim":
      return `claim ${body.identifier.value} for ${body.profile}`;
    case "merge":
      return `merge ${body.profile} with ${body.with} over ${body.identifier.value}`;
    case "absorb":
      return `absorb ${body.loser} into ${body.winner}`;
    case "settle":
      return `settle ${body.message} of ${body.profile}: ${body.outcome.is}`;
    case "rebind":
      return `rebind ${body.cell} to ${body.to}`;
  }
}
