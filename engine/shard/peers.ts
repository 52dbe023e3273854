/**
 * A shard's conversations with other shards: what it sent and still keeps (outbox), what it received and answered
 * (inbox), per neighbour. Part of the state that is a fold of the journal; idempotent, because numbers only grow: folding
 * a record a second time changes nothing. See protocol, "Between shards".
 */
import { COUNTERS_PER_EPOCH } from "../limits.ts";
import type { Epoch, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { PeerBody, PeerResult } from "../model/record.ts";

export interface OutboxEntry {
  readonly n: number;
  /** The number before it to the same shard, 0 for the first. */
  readonly prev: number;
  readonly body: PeerBody;
  answered: boolean;
  /** Position of its record: it may travel once that is durable. */
  readonly position: Position;
}

/** As stored. */
interface OutboxSnapshot {
  /** Last number given. */
  readonly last: number;
  readonly entries: readonly OutboxEntry[];
}

interface Outbox {
  last: number;
  /** In order; answered ones are kept until the receiver has drained them. */
  readonly entries: OutboxEntry[];
  /** Those of them that wait for their answer, by number, in order. */
  readonly unanswered: Map<number, OutboxEntry>;
}

interface InboxResult {
  readonly n: number;
  readonly position: Position;
  result: PeerResult | undefined;
}

interface Inbox {
  /** Last number applied. */
  last: number;
  /** In order; results are dropped once settled, entries once drained. */
  readonly results: InboxResult[];
}

/** The stored form: plain JSON. */
export interface PeersSnapshot {
  readonly outboxes: readonly (readonly [number, OutboxSnapshot])[];
  readonly inboxes: readonly (readonly [number, Inbox])[];
}

export class Peers {
  readonly #outboxes = new Map<ShardId, Outbox>();
  readonly #inboxes = new Map<ShardId, Inbox>();
  #counter = 0;
  #floor = 0;
  /** Losers sealed here whose absorption has not been answered: who asks for them waits. */
  readonly #absorbing = new Set<ProfileId>();

  static restore(snapshot: PeersSnapshot): Peers {
    const peers = new Peers();
    for (const [shard, { last, entries }] of snapshot.outboxes) {
      const outbox = peers.#outbox(shard as ShardId);
      outbox.last = last;
      for (const entry of entries) peers.#keep(outbox, { ...entry });
    }
    for (const [shard, inbox] of snapshot.inboxes)
      peers.#inboxes.set(shard as ShardId, {
        last: inbox.last,
        results: inbox.results.map((result) => ({ ...result })),
      });
    return peers;
  }

  snapshot(): PeersSnapshot {
    const outboxes = [...this.#outboxes].map(([shard, { last, entries }]) => [shard, { last, entries }] as const);
    return { outboxes, inboxes: [...this.#inboxes] };
  }

  /** The next number of a message under this epoch; above all that a neighbour has told of applying. */
  nextNumber(epoch: Epoch): number {
    this.#counter += 1;
    return Math.max(epoch * COUNTERS_PER_EPOCH, this.#floor) + this.#counter;
  }

  /** `to` has applied a number of ours that we may not know of: our store has forgotten it. */
  raise(applied: number): void {
    this.#floor = Math.max(this.#floor, applied);
  }

  /** Nine tenths of the numbers of this epoch are used. */
  get nearlyExhausted(): boolean {
    return this.#counter > COUNTERS_PER_EPOCH * 0.9;
  }

  isAbsorbing(loser: ProfileId): boolean {
    return this.#absorbing.has(loser);
  }

  /** Known before the answer has come. */
  absorbed(loser: ProfileId): void {
    this.#absorbing.delete(loser);
  }

  foldSent(to: ShardId, n: number, body: PeerBody, position: Position): void {
    const outbox = this.#outbox(to);
    if (n <= outbox.last) return;
    this.#keep(outbox, { n, prev: outbox.last, body, answered: false, position });
    outbox.last = n;
  }

  #keep(outbox: Outbox, entry: OutboxEntry): void {
    outbox.entries.push(entry);
    if (entry.answered) return;
    outbox.unanswered.set(entry.n, entry);
    if (entry.body.ask === "absorb") this.#absorbing.add(entry.body.loser);
  }

  foldAnswered(to: ShardId, n: number): void {
    const { unanswered } = this.#outbox(to);
    const entry = unanswered.get(n);
    if (entry === undefined) return;
    entry.answered = true;
    unanswered.delete(n);
    if (entry.body.ask === "absorb") this.#absorbing.delete(entry.body.loser);
  }

  foldReceived(from: ShardId, n: number, result: PeerResult, position: Position): void {
    const inbox = this.#inbox(from);
    if (n <= inbox.last) return;
    inbox.last = n;
    inbox.results.push({ n, position, result });
  }

  /** The unanswered entry with this number, if any. */
  unanswered(to: ShardId, n: number): OutboxEntry | undefined {
    return this.#outboxes.get(to)?.unanswered.get(n);
  }

  /** What to send (again) to a neighbour: all after `applied`, of which answered ones only when `applied` was told. */
  toSend(to: ShardId, durable: Position, applied?: number): readonly OutboxEntry[] {
    const outbox = this.#outboxes.get(to);
    if (outbox === undefined) return [];
    const entries = applied === undefined ? [...outbox.unanswered.values()] : outbox.entries;
    return entries.filter(({ n, position }) => position <= durable && (applied === undefined || n > applied));
  }

  get neighbours(): Iterable<ShardId> {
    return this.#outboxes.keys();
  }

  hasUnanswered(): boolean {
    for (const outbox of this.#outboxes.values()) if (outbox.unanswered.size > 0) return true;
    return false;
  }

  settledTo(to: ShardId): number {
    const outbox = this.#outboxes.get(to);
    if (outbox === undefined) return 0;
    const first = outbox.unanswered.values().next();
    return first.done === true ? outbox.last : first.value.prev;
  }

  applied(from: ShardId): number {
    return this.#inboxes.get(from)?.last ?? 0;
  }

  /** The stored result of a number applied before; undefined when its sender has settled it. */
  resultOf(from: ShardId, n: number): { readonly result: PeerResult; readonly position: Position } | undefined {
    const found = this.#inboxes.get(from)?.results.find((candidate) => candidate.n === n);
    return found?.result === undefined ? undefined : { result: found.result, position: found.position };
  }

  /** The sender has journaled all results up to `settled`: they are not asked for again. */
  dropResults(from: ShardId, settled: number): void {
    for (const entry of this.#inboxes.get(from)?.results ?? []) if (entry.n <= settled) entry.result = undefined;
  }

  /** Our journal is in history up to `position`: per neighbour, the last number that this covers. */
  drained(position: Position): readonly (readonly [ShardId, number])[] {
    const told: (readonly [ShardId, number])[] = [];
    for (const [from, inbox] of this.#inboxes) {
      let n = 0;
      while (inbox.results[0] !== undefined && inbox.results[0].position <= position) {
        if (inbox.results[0].result !== undefined) break;
        n = inbox.results.shift()?.n ?? n;
      }
      if (n > 0) told.push([from, n]);
    }
    return told;
  }

  /** `to` has our messages up to n in history: their bodies may go. */
  dropBodies(to: ShardId, n: number): void {
    const entries = this.#outboxes.get(to)?.entries ?? [];
    while (entries[0]?.answered === true && entries[0].n <= n) entries.shift();
  }

  /** Of all that was sent only what was numbered from `since` on stands, the first of it as the first that is ever said. */
  beginAnew(since: number): void {
    const outboxes = [...this.#outboxes];
    this.#inboxes.clear();
    this.#outboxes.clear();
    this.#absorbing.clear();
    for (const [to, { last, entries }] of outboxes) {
      for (const { n, body, position } of entries) if (n >= since) this.foldSent(to, n, body, position);
      this.raise(last);
    }
  }

  /** Only for the planted bug of that name. */
  loseUnanswered(): void {
    for (const [to, { unanswered }] of this.#outboxes) for (const n of [...unanswered.keys()]) this.foldAnswered(to, n);
  }

  #outbox(to: ShardId): Outbox {
    let outbox = this.#outboxes.get(to);
    if (outbox === undefined) this.#outboxes.set(to, (outbox = { last: 0, entries: [], unanswered: new Map() }));
    return outbox;
  }

  #inbox(from: ShardId): Inbox {
    let inbox = this.#inboxes.get(from);
    if (inbox === undefined) this.#inboxes.set(from, (inbox = { last: 0, results: [] }));
    return inbox;
  }
}
