/**
 * Stands between a simulated host and its links and holds each message that goes out to what the protocol promises at
 * that very moment: nothing above what is durable, nothing read or pushed by an owner that has been replaced, no
 * `duplicate` of what never was applied, and pushes that only go forward.
 */
import { leaseReadMs } from "../../engine/limits.ts";
import type { Epoch, NodeId, Position, ShardId } from "../../engine/model/ids.ts";
import type { Answer, FromShard, ProfileSummary, ToShard } from "../../engine/shard/port.ts";
import type { FaultyStore } from "./faulty-store.ts";
import type { Ledger, SentEvent } from "./ledger.ts";
import { type PlainEvent, type Variant, VARIANTS, planDigest, segmentsByBruteForce } from "./sample-rules.ts";
import { decodeWire, textOf } from "./wire-event.ts";

/** One life of a host, as far as its promises go. */
export interface OwnerLife {
  readonly name: string;
  readonly node: NodeId;
  /** Of the shards that it owns now. */
  readonly epochs: ReadonlyMap<ShardId, Epoch>;
  /** Its own wall clock. */
  now(): number;
}

export interface ObserverOptions {
  readonly ledger: Ledger;
  readonly store: FaultyStore;
  /** Virtual time. */
  readonly nowMs: () => number;
  /** By how much the wall clocks have been put forward since then. */
  readonly passedSince: (ms: number) => number;
  /** Where a line for the trace goes. */
  readonly note: (text: () => string) => void;
}

export class Observer {
  readonly #ledger: Ledger;
  readonly #store: FaultyStore;
  /** Of each watch of each gateway. */
  readonly #pushed = new Map<string, { readonly shard: ShardId; readonly epoch: Epoch; readonly position: Position }>();
  /** What was asked and not answered yet, by worker, link and request. */
  readonly #asked = new Map<string, ToShard>();
  readonly #nowMs: () => number;
  readonly #passedSince: (ms: number) => number;
  readonly #note: (text: () => string) => void;
  reads = 0;
  pushes = 0;

  constructor({ ledger, store, nowMs, passedSince, note }: ObserverOptions) {
    this.#nowMs = nowMs;
    this.#passedSince = passedSince;
    this.#note = note;
    this.#ledger = ledger;
    this.#store = store;
  }

  arrives(life: OwnerLife, link: number, message: ToShard): void {
    if ("request" in message) this.#asked.set(`${life.name} ${link} ${message.request}`, message);
    this.#note(() => `${life.name} hears ${describeToShard(message)}`);
    if (message.kind !== "event") return;
    const sent = this.#sentOf(message);
    if (sent !== undefined) sent.arrivals += 1;
  }

  sends(life: OwnerLife, link: number, message: FromShard): void {
    const asked = message.kind === "answer" ? `${life.name} ${link} ${message.request}` : "";
    const request = this.#asked.get(asked);
    this.#asked.delete(asked);
    this.#note(() => `${life.name} says ${describeFromShard(message)}`);
    if (message.kind === "push") {
      this.pushes += 1;
      this.#checkOwner(life, message.shard, "pushes");
      if (message.position > this.#ledger.highestDurable(message.shard))
        this.#violate(`${life.name} pushes shard ${message.shard}@${message.position}, which is not durable`);
    } else if (message.kind === "answer" && request !== undefined) this.#answers(life, message.answer, request);
  }

  /** The gateway has passed a push on to whoever watches. */
  accepts(gateway: string, message: Extract<FromShard, { kind: "push" }>): void {
    const { watch, shard, epoch, position } = message;
    const last = this.#pushed.get(`${gateway}/${watch}`);
    if (last !== undefined && last.shard === shard)
      if (epoch < last.epoch || (epoch === last.epoch && position < last.position))
        this.#violate(`${gateway} accepts a push at ${epoch}/${position} after ${last.epoch}/${last.position}`);
    this.#pushed.set(`${gateway}/${watch}`, { shard, epoch, position });
  }

  #answers(life: OwnerLife, answer: Answer, request: ToShard): void {
    switch (answer.is) {
      case "applied":
      case "duplicate": {
        const sent = request.kind === "event" ? this.#sentOf(request) : undefined;
        if (sent === undefined) return this.#violate(`${life.name} answers ${answer.is} to what nobody sent`);
        if (!this.#mayBeAnswered(sent))
          this.#violate(`${life.name} answers ${answer.is} for ${sent.wire.messageId}, which is not durable`);
        return;
      }
      case "receipt": {
        const sent = request.kind === "event" ? this.#sentOf(request) : undefined;
        if (sent?.receipt === undefined) return this.#violate(`${life.name} answers a receipt that nobody sent`);
        if (!this.#mayBeAnswered(sent))
          this.#violate(`${life.name} answers receipt ${sent.wire.messageId}, which is not durable`);
        return;
      }
      case "read":
        this.reads += 1;
        this.#checkOwner(life, request.shard, "reads");
        if (answer.view !== undefined) this.#checkView(life, answer.view, variantOf(answer.plan));
        return;
      case "watching":
        return this.#checkOwner(life, request.shard, "answers a watch");
      default:
        return;
    }
  }

  /** At level `process` an owner may go on from what its store has lost, as it gives it back. */
  #mayBeAnswered(sent: SentEvent): boolean {
    if (this.#ledger.isDurable(sent.key)) return true;
    return this.#store.level === "process" && this.#ledger.rewinds > 0 && this.#ledger.wasDurable(sent.key);
  }

  #checkOwner(life: OwnerLife, shard: ShardId, does: string): void {
    const lease = this.#store.state.lease(shard);
    const epoch = life.epochs.get(shard) ?? 0;
    // A store that went back has forgotten who claimed last: until its renewals fail, that owner cannot know.
    if (this.#nowMs() - this.#ledger.rewoundAtMs < leaseReadMs) return;
    if (lease.epoch > epoch)
      this.#violate(
        `${life.name} ${does} of shard ${shard} at epoch ${epoch}, which ${lease.owner} owns at ${lease.epoch}`,
      );
  }

  #checkView(life: OwnerLife, view: ProfileSummary, variant: Variant): void {
    const unknown = view.applied.filter((digest) => !this.#ledger.wasDurableDigest(digest));
    if (unknown.length > 0)
      this.#violate(`${life.name} shows ${view.profile} with ${unknown.length} events that are not durable`);
    if (new Set(view.applied).size !== view.applied.length)
      this.#violate(`${life.name} shows ${view.profile} with an event twice`);
    if (this.#ledger.mayHaveBeenForgotten) return;
    // What was read some ms ago may since have flipped with time alone: it must be right for one of these instants.
    const events = this.#eventsOf(view.applied);
    const shown = [...view.segments].sort().join();
    const lately = [0, 2_000, this.#passedSince(this.#nowMs() - 2_000)];
    const instants = [...lately.map((agoMs) => life.now() - agoMs), this.#lastInstant(view)];
    const right = instants.map((at) => [...segmentsByBruteForce(variant, events, at)].sort().join());
    if (!right.includes(shown))
      this.#violate(`${life.name} shows ${view.profile} in [${shown}]; its events say [${right[0]}]`);
  }

  #lastInstant(view: ProfileSummary): number {
    const shard = this.#ledger.journals[Number.parseInt(view.profile.slice(0, 3), 16) % this.#ledger.journals.length];
    return shard?.at(-1)?.batch.instant ?? 0;
  }

  #eventsOf(digests: readonly string[]): readonly PlainEvent[] {
    return digests.flatMap((digest) => {
      const sent = this.#ledger.recordedOf(digest);
      return sent === undefined ? [] : [sent];
    });
  }

  #sentOf(message: Extract<ToShard, { kind: "event" }>): SentEvent | undefined {
    return this.#ledger.entryOf(message.origin.source, textOf(message.body));
  }

  #violate(text: string): void {
    this.#ledger.violate(text);
  }
}

function variantOf(digest: string): Variant {
  return VARIANTS.find((variant) => planDigest(variant) === digest) ?? "a";
}

/** For traces. */
export function describeToShard(message: ToShard): string {
  switch (message.kind) {
    case "event": {
      const { shard, request, body, route, profile } = message;
      const by = profile === undefined ? "" : ` of ${profile}`;
      return `#${request % 2 ** 20} event ${decodeWire(body).messageId} s${shard} route ${route}${by}`;
    }
    case "send":
      return `send ${message.body.ask} s${message.from}>s${message.shard} n${message.n % 2 ** 32}`;
    case "result":
      return `result ${message.result.is} s${message.from}>s${message.shard} n${message.n % 2 ** 32}`;
    case "read":
    case "watch":
      return `#${message.request % 2 ** 20} ${message.kind} ${message.identifier.value} s${message.shard}`;
    default:
      return `${message.kind} s${message.shard}`;
  }
}

function describeFromShard(message: FromShard): string {
  if (message.kind !== "answer") return message.kind;
  const { answer, request } = message;
  const where = answer.is === "moved" ? ` s${answer.shard} ${answer.profile ?? ""} ${answer.reason}` : "";
  return `#${request % 2 ** 20} ${answer.is}${where}`;
}
