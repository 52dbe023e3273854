/**
 * A shard's part of a worker's turn: takes what has come, in order, and makes records and answers of it. Everything that
 * changes goes through `emit`, which numbers a record, puts it into the batch and folds it at once; so live processing
 * and recovery share one fold. Answers are only collected here: the host lets them out when the batch is durable.
 * Synchronous: what is not in memory makes `process` return "missing" and the host fetches it first.
 */
import { busyRetryAfterMs } from "../limits.ts";
import type { Event } from "../model/event.ts";
import type { Identifier } from "../model/identifier.ts";
import type { Instant, ProfileId, ShardId } from "../model/ids.ts";
import type { BatchWriter } from "../model/record-codec.ts";
import type { Random } from "../model/clock.ts";
import type { Change } from "../model/plan.ts";
import { placeOf } from "../model/peer-places.ts";
import type { JournalRecord, PeerBody } from "../model/record.ts";
import { type Flip, isEmptied, type Profile, rebase, segmentEpoch } from "../profile/port.ts";
import { processBackfill, processWarm } from "./backfilling.ts";
import { lookAtMessages, nextDelivery } from "./delivering.ts";
import type { DeliveryWay, DeskWord } from "./delivery-way.ts";
import { exposeToContents } from "./exposing.ts";
import { fireTriggers } from "./firing.ts";
import { fold } from "./fold.ts";
import { processEvent } from "./ingest.ts";
import { processResult, processSend } from "./identity.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { Answer, FromShard, ParsedEvent, PeerMessage, ToShard } from "./port.ts";
import { processReport } from "./reporting.ts";
import { processRead } from "./reading.ts";
import { type HistoryAnswer, processReceipt } from "./receipts.ts";
import { processRepair } from "./repairing.ts";
import type { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";
import { decisionsFor, type Ticket } from "./showing.ts";
import type { LinkId } from "./watches.ts";

const EVERYTHING: Change = Object.freeze({ kind: "everything" });
const NO_FLIPS: readonly Flip[] = Object.freeze([]);

/** A message with what was made of it while it waited. */
export interface Queued {
  readonly link: LinkId;
  readonly message: ToShard;
  /** Of an event: its parsed form. */
  readonly parsed: ParsedEvent | undefined;
  /** What history said of receipts that it was asked for, by digest. */
  readonly known?: ReadonlyMap<string, HistoryAnswer>;
}

/** What a turn lets out once it is durable. Reads and pushes also want a lease that still holds. */
export interface Outgoing {
  readonly link: LinkId;
  readonly message: FromShard;
  readonly reads: boolean;
  readonly request: ToShard | undefined;
}

export class Turn {
  readonly shard: Shard;
  readonly residents: Residents;
  readonly instant: Instant;
  readonly random: Random;
  readonly planted: PlantedBugs;
  readonly answers: Outgoing[] = [];
  readonly peers: PeerMessage[] = [];
  /** For the delivery thread. */
  readonly desk: DeskWord[] = [];
  /** undefined: nothing is delivered from here. */
  readonly delivery: DeliveryWay | undefined;
  /** On the monotonic clock: gates are looked at after it. */
  readonly beganMs: number;
  /** Who waits for what only history knows. */
  readonly asked: { readonly queued: Queued; readonly digest: string }[] = [];
  readonly #writer: BatchWriter;
  /** Watched profiles that this turn changed, with the last event that did. */
  readonly #changedWatched = new Map<ProfileId, Event | undefined>();
  /** What waited for an answer that has come: to be processed before what is queued. */
  readonly returned: Queued[] = [];
  records = 0;
  /** How often it set off each trigger, by name. */
  fired: Map<string, number> | undefined;
  /** Whether a message to another shard is among the records. */
  sent = false;
  /** Rules that waited need not wait any more: the plan is to be begun without them held back. */
  warmed = false;
  /** What changes meanwhile is pushed to nobody: it is of the past. */
  quiet = false;
  /** The event at hand is answered to a page of its person. */
  isVisit = false;
  /** Of the receipt that is being answered. */
  ticket: Ticket | undefined;

  constructor(options: {
    readonly shard: Shard;
    readonly residents: Residents;
    readonly instant: Instant;
    readonly random: Random;
    readonly planted: PlantedBugs;
    readonly writer: BatchWriter;
    readonly delivery: DeliveryWay | undefined;
    readonly beganMs: number;
  }) {
    this.shard = options.shard;
    this.residents = options.residents;
    this.instant = options.instant;
    this.random = options.random;
    this.planted = options.planted;
    this.delivery = options.delivery;
    this.beganMs = options.beganMs;
    this.#writer = options.writer;
  }

  /** Numbers, records and folds. */
  emit(record: JournalRecord): Change | undefined {
    const { shard } = this;
    const position = shard.nextPosition();
    if (this.records === 0) this.#writer.begin(position, this.instant);
    this.#writer.add(record);
    this.records += 1;
    if (record.kind === "sent") this.sent = true;
    shard.instant = this.instant;
    const change = fold(this, record, position);
    shard.metaPosition = position;
    return change;
  }

  process(queued: Queued): "done" | "missing" {
    const { message } = queued;
    switch (message.kind) {
      case "event": {
        const receipt = queued.parsed !== undefined && "receipt" in queued.parsed ? queued.parsed.receipt : undefined;
        return receipt === undefined
          ? processEvent(this, queued, message)
          : processReceipt(this, queued, { message, receipt });
      }
      case "read":
      case "watch":
        return processRead(this, queued, message);
      case "backfill":
        return processBackfill(this, queued, message);
      case "report":
        return processReport(this, queued, message);
      case "warm":
        return processWarm(this, queued, message);
      case "repair":
        return processRepair(this, queued, message);
      case "unwatch":
        this.shard.watches.remove(queued.link, message.watch);
        return "done";
      case "send":
        return processSend(this, message);
      case "result":
        return processResult(this, message);
      case "greet":
        // Their rewound store may have lost what they had answered: repeat all after what they say they have.
        this.shard.peers.raise(message.applied);
        this.sendEntries(message.from, message.applied);
        if (message.reply) this.peers.push(this.greeting(message.from, false));
        return "done";
      case "drained":
        this.shard.peers.dropBodies(message.from, message.n);
        return "done";
    }
  }

  /**
   * Looks at a profile with a plan that is new to it. Who is found to be in a segment enters it in silence: nothing happened
   * to them, so no trigger of an entry fires.
   */
  meet(profile: Profile): void {
    this.#look(profile, "silent");
  }

  /** The wake-up itself is stored beside the profile, and on no record: a changed one must reach the store. */
  #look(profile: Profile, entries: "told" | "silent"): void {
    const before = profile.wakeUp;
    if (profile.plan !== this.shard.plan) rebase(profile, this.shard.plan);
    this.evaluate(profile, EVERYTHING, undefined, entries);
    if (profile.wakeUp !== before) this.shard.touch(profile);
  }

  /** Before anything happens to it, so that what an event changes is told from what the plan does. */
  meetIfNew(profile: Profile): void {
    if (!this.shard.hasMet(profile)) this.meet(profile);
  }

  /**
   * Evaluates what `change` can have flipped and sets the wake-up. To be called once for every changed profile.
   * @param event at hand: the one that changed it
   */
  evaluate(profile: Profile, changed: Change, event?: Event, entries: "told" | "silent" = "told"): void {
    const { plan } = this.shard;
    if (profile.sealedInto !== undefined || isEmptied(profile)) return;
    // A wake-up that is due already is not put off by an event: what it was for is looked at now.
    const since = profile.wakeUp <= this.instant ? profile.wakeUp : undefined;
    const change: Change = since === undefined ? changed : EVERYTHING;
    let flips: Flip[] | undefined;
    plan.evaluate(profile, change, this.instant, (segment, entered) => {
      const name = plan.segments[segment] ?? "";
      const epoch = segmentEpoch(profile, name) + (entered ? 1 : 0);
      this.emit({ kind: "transition", profile: profile.id, segment: name, entered, epoch });
      if (plan.triggers !== undefined && entries === "told") (flips ??= []).push({ segment, entered, epoch });
    });
    if (plan.triggers !== undefined) fireTriggers(this, profile, { event, flips: flips ?? NO_FLIPS, since });
    const kept = change.kind === "event" ? profile.wakeUp : Number.POSITIVE_INFINITY;
    profile.wakeUp = Math.min(kept, plan.nextFlip(profile, change, this.instant));
    if (event !== undefined) exposeToContents(this, profile, event);
    lookAtMessages(this, profile);
    this.shard.addWakeUp(profile);
    if (!this.quiet && this.shard.watches.has(profile.id)) this.#changedWatched.set(profile.id, event);
  }

  /** What is on show for them has changed, with whatever event is at hand. */
  showAnew({ id }: Profile): void {
    if (this.shard.watches.has(id) && !this.#changedWatched.has(id)) this.#changedWatched.set(id, undefined);
  }

  /** Something may act on this profile now, or a new plan wants it looked at. */
  wake(id: ProfileId, because: "due" | "plan"): "done" | "missing" {
    const profile = this.residents.profile(id);
    if (profile === undefined) return "missing";
    const isUnmet = this.shard.unmet.delete(id);
    if (profile === null || profile.sealedInto !== undefined || isEmptied(profile)) return "done";
    if (because === "due" && profile.wakeUp > this.instant) {
      const isDue = nextDelivery(this.shard, profile) <= this.instant;
      if (isDue && profile.plan !== this.shard.plan) rebase(profile, this.shard.plan);
      if (isDue) lookAtMessages(this, profile);
      // The store knows the earlier of the two only; the other comes into the heap now.
      if (isUnmet) this.shard.addWakeUp(profile);
      else if (isDue) this.shard.addDelivery(profile);
      return "done";
    }
    this.#look(profile, because === "plan" ? "silent" : "told");
    return "done";
  }

  /** Collects pushes for the watched profiles that have changed. */
  finish(): void {
    const { shard } = this;
    for (const [id, event] of this.#changedWatched) {
      const profile = this.residents.profile(id);
      if (profile == null || profile.sealedInto !== undefined) continue;
      const decisions = decisionsFor(shard, profile, this.instant, event);
      const text = JSON.stringify(decisions);
      for (const watch of shard.watches.of(id)) {
        if (watch.last === text) continue;
        watch.last = text;
        this.answers.push({
          link: watch.link,
          reads: true,
          request: undefined,
          message: {
            kind: "push",
            watch: watch.watch,
            shard: shard.id,
            epoch: shard.epoch,
            position: profile.position,
            profile: id,
            decisions,
          },
        });
      }
    }
  }

  greeting(to: ShardId, reply: boolean): PeerMessage {
    const { shard } = this;
    return {
      kind: "greet",
      shard: to,
      from: shard.id,
      fromEpoch: shard.epoch,
      applied: shard.peers.applied(to),
      reply,
    };
  }

  /** Sends what stands in the outbox for `to` and is durable. */
  sendEntries(to: ShardId, applied?: number): void {
    const { shard } = this;
    for (const entry of shard.peers.toSend(to, shard.durable, applied)) this.peers.push(sendMessage(shard, to, entry));
  }

  answer(queued: Pick<Queued, "link" | "message">, answer: Answer, reads = false): "done" {
    const { message } = queued;
    if ("request" in message)
      this.answers.push({
        link: queued.link,
        reads,
        request: message,
        message: { kind: "answer", request: message.request, answer },
      });
    return "done";
  }

  /** The person is just being merged: answered once it is known where all of them are. */
  park(queued: Queued, loser: ProfileId): "done" {
    if (this.shard.parked.add(queued, loser)) return "done";
    return this.answer(queued, { is: "busy", retryAfterMs: busyRetryAfterMs });
  }

  /** The receipt is processed again once history has been asked for the one of this digest. */
  ask(queued: Queued, digest: string): "done" {
    this.asked.push({ queued, digest });
    return "done";
  }

  claim(profile: Profile, identifier: Identifier, again = 0): void {
    this.send({
      ask: "claim",
      identifier,
      profile: profile.id,
      ...(again > 0 && { again }),
    });
  }

  /** To the shard where it belongs, once this turn is durable. */
  send(body: PeerBody): void {
    this.emit({
      kind: "sent",
      to: placeOf(body, this.residents.shards),
      n: this.shard.peers.nextNumber(this.shard.epoch),
      body,
    });
  }
}

export function sendMessage(
  shard: Shard,
  to: ShardId,
  entry: { readonly n: number; readonly prev: number; readonly body: Extract<JournalRecord, { kind: "sent" }>["body"] },
): PeerMessage {
  return {
    kind: "send",
    shard: to,
    from: shard.id,
    fromEpoch: shard.epoch,
    prev: entry.prev,
    n: entry.n,
    settled: shard.peers.settledTo(to),
    body: entry.body,
  };
}
