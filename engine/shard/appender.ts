/**
 * Makes turns durable, in the order in which they were taken: one append on its way, for all shards, repeated with the very
 * same bytes until the store has an answer for each; what is processed meanwhile goes with the next, all of it. So an event
 * waits for one append and a half on average once its turn has come, however slow the disk is, and appends grow with it. Also
 * keeps what was acknowledged lately (`retained`), so that a store that went back in time can be given it again; see protocol,
 * "Journal".
 */
import {
  aheadRecordsMax,
  busyRetryAfterMs,
  retainedBytesMax,
  storeRetryMsMax,
  storeRetryMsMin,
  turnAheadEventsMin,
} from "../limits.ts";
import { gatesToCallMsMax } from "../limits-of-delivery.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { StoreUnavailable } from "../model/errors.ts";
import type { Epoch, Position, ShardId } from "../model/ids.ts";
import type { AppendOutcome, AppendRequest, HotStore } from "../store/port.ts";
import type { Owned, OwnedShards, Processed } from "./owned.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { FromShard, PeerMessage, ToShard } from "./port.ts";
import { type Outgoing, sendMessage } from "./turn.ts";
import type { LinkId } from "./watches.ts";

export interface Persistence {
  readonly timers: Timers;
  readonly wanted: () => boolean;
  /** Why the store did not take it this time; undefined once it has. */
  readonly onTrouble?: (reason: string | undefined) => void;
}

/** Repeats a store call until it answers; gives up (undefined) only when `wanted` turns false. */
export async function persistently<T>(
  call: () => Promise<T>,
  { timers, wanted, onTrouble }: Persistence,
): Promise<T | undefined> {
  for (let pauseMs = storeRetryMsMin; wanted(); pauseMs = Math.min(pauseMs * 2, storeRetryMsMax)) {
    try {
      const answer = await call();
      onTrouble?.(undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      onTrouble?.(error.message);
      await new Promise<void>((resolve) => {
        timers.after(pauseMs, resolve);
      });
    }
  }
  return undefined;
}

/** Acknowledged batches of one shard, oldest first, bounded by bytes. */
export class Retained {
  readonly #batches: AppendRequest[] = [];
  #bytes = 0;

  add(batch: AppendRequest): void {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.firstPosition + last.count !== batch.firstPosition) this.#clear();
    this.#batches.push(batch);
    this.#bytes += batch.bytes.byteLength;
    while (this.#bytes > retainedBytesMax) this.#bytes -= this.#batches.shift()?.bytes.byteLength ?? 0;
  }

  /** Those after a journal that ends at `last`; undefined when the store has lost more than is kept here. */
  after(last: Position): readonly AppendRequest[] | undefined {
    const from = this.#batches.findIndex((batch) => batch.firstPosition === last + 1);
    if (from >= 0) return this.#batches.slice(from);
    const newest = this.#batches.at(-1);
    return newest === undefined || newest.firstPosition + newest.count - 1 <= last ? [] : undefined;
  }

  /** The batch that ends at `position`, to see whether a journal is still the one we wrote. */
  endingAt(position: Position): AppendRequest | undefined {
    return this.#batches.find((batch) => batch.firstPosition + batch.count - 1 === position);
  }

  #clear(): void {
    this.#batches.length = 0;
    this.#bytes = 0;
  }
}

/** A batch as it is to be appended under another epoch. */
export function underEpoch(batch: AppendRequest, epoch: Epoch): AppendRequest {
  return { ...batch, epoch };
}

export interface TurnTiming {
  readonly events: number;
  readonly records: number;
  readonly fetchMs: number;
  readonly processMs: number;
  readonly appendMs: number;
}

export interface AppenderOptions {
  readonly store: Pick<HotStore, "journal">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly owned: OwnedShards;
  readonly planted: PlantedBugs;
  readonly aheadEventsMin?: number | undefined;
  /** The append of a lost shard is not repeated; a closed host waits for nothing. */
  readonly wanted: () => boolean;
  readonly lose: (shard: ShardId) => void;
  readonly send: (link: LinkId, message: FromShard) => void;
  readonly sendPeer: (message: PeerMessage) => void;
  readonly onTurn: ((timing: TurnTiming) => void) | undefined;
  /** An append has returned: there may be room for a turn. */
  readonly signal: () => void;
  /** A batch is durable, with what it set off. */
  readonly onAppended?: (request: AppendRequest, fired: ReadonlyMap<string, number> | undefined) => void;
}

/** Turns of all shards that were taken together. */
interface Taken {
  readonly turns: readonly Processed[];
  readonly timing: Omit<TurnTiming, "records" | "appendMs">;
  readonly settled: () => void;
}

export class Appender {
  readonly #options: AppenderOptions;
  readonly #retained = new Map<ShardId, Retained>();
  /** Why nothing can be appended at present. */
  trouble: string | undefined;
  #waiting: Taken[] = [];
  #waitingRecords = 0;
  #isBusy = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  retained(shard: ShardId): Retained | undefined {
    return this.#retained.get(shard);
  }

  /** Beside an append a few events are not worth a turn of their own, and not everything may be ahead of the store. */
  admits(events: number): boolean {
    const { aheadEventsMin = turnAheadEventsMin } = this.#options;
    return !this.#isBusy || (events >= aheadEventsMin && this.#waitingRecords < aheadRecordsMax);
  }

  /** Resolves when all turns that were given until now are durable, or their shards lost. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Makes these durable behind all that were given before, then lets out what they hold. */
  add(turns: readonly Processed[], timing: Taken["timing"]): void {
    this.#last = new Promise((settled) => {
      this.#waiting.push({ turns, timing, settled });
    });
    for (const { request } of turns) this.#waitingRecords += request?.count ?? 0;
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const taken = this.#waiting;
      this.#waiting = [];
      this.#waitingRecords = 0;
      await this.#append(taken);
      for (const { settled } of taken) settled();
      this.#isBusy = this.#waiting.length > 0;
      this.#options.signal();
    }
  }

  /** Of a shard lost on the way, everybody is told. */
  async #append(taken: readonly Taken[]): Promise<void> {
    const { clock, owned: shards, onTurn, store, timers, wanted } = this.#options;
    const writing = taken
      .flatMap(({ turns }) => turns)
      .filter(({ owned, request }) => request !== undefined && shards.holds(owned));
    const requests = writing.flatMap(({ request }) => request ?? []);
    const beforeMs = clock.monotonicMs();
    if (requests.length > 0) {
      const onTrouble = (reason: string | undefined) => void (this.trouble = reason);
      const outcomes = await persistently(() => store.journal.append(requests), { timers, wanted, onTrouble });
      if (outcomes === undefined) return;
      for (const [index, written] of writing.entries()) this.#settle(written, requests[index], outcomes[index]);
    }
    const appendMs = clock.monotonicMs() - beforeMs;
    for (const { turns, timing } of taken) {
      for (const processed of turns) this.#letOutTurn(processed);
      const records = turns.reduce((sum, { request }) => sum + (request?.count ?? 0), 0);
      onTurn?.({ ...timing, records, appendMs });
    }
  }

  #letOutTurn({ owned, turn }: Processed): void {
    const { owned: shards, sendPeer } = this.#options;
    if (shards.holds(owned)) {
      this.letOut(owned, turn.answers);
      for (const message of turn.peers) sendPeer(message);
      this.#letOutMessages(owned, turn);
    } else
      for (const { link, request } of turn.answers) if (request !== undefined) this.refuse(link, request, "not_owner");
  }

  /** Before it is durable: of planted bugs. */
  letOutEarly({ owned, turn }: Processed): void {
    const { answersBeforeAppend, callsBeforeAppend } = this.#options.planted;
    if (answersBeforeAppend === true) this.letOut(owned, turn.answers.splice(0));
    if (callsBeforeAppend === true) this.#letOutMessages(owned, turn);
  }

  /** A call may be made while the gates are fresh and the lease holds. */
  #letOutMessages({ shard }: Owned, { desk, delivery, beganMs }: Processed["turn"]): void {
    const callUntilMs = Math.min(beganMs + gatesToCallMsMax, shard.readableUntilMs);
    for (const word of desk.splice(0)) delivery?.send(word.is === "call" ? { ...word, callUntilMs } : word);
  }

  letOut(owned: Owned, answers: readonly Outgoing[]): void {
    const { clock, planted, send } = this.#options;
    const readable = planted.zombieReads === true || clock.monotonicMs() <= owned.shard.readableUntilMs;
    for (const { link, message, reads, request } of answers) {
      if (!reads || readable) send(link, message);
      else if (message.kind === "push") {
        // Not shown, and not to be forgotten: who watches asks again, and is told then.
        owned.shard.watches.remove(link, message.watch);
        send(link, { kind: "unwatched", watch: message.watch });
      } else if (request !== undefined) this.refuse(link, request, "not_owner");
    }
  }

  refuse(link: LinkId, message: ToShard, reason: "not_owner" | "busy"): void {
    if (!("request" in message)) return;
    const answer =
      reason === "busy" ? { is: reason, retryAfterMs: busyRetryAfterMs } : { is: reason, shard: message.shard };
    this.#options.send(link, { kind: "answer", request: message.request, answer });
  }

  #settle({ owned, turn }: Processed, request: AppendRequest | undefined, outcome: AppendOutcome | undefined): void {
    const { owned: shards, lose, planted, sendPeer } = this.#options;
    if (request === undefined || outcome === undefined || !shards.holds(owned)) return;
    const { shard } = owned;
    const ignored = outcome.is === "fenced" && planted.ignoresFencing === true;
    if (outcome.is !== "ok" && outcome.is !== "already" && !ignored) return lose(shard.id);
    const before = shard.durable;
    shard.durable = request.firstPosition + request.count - 1;
    let retained = this.#retained.get(shard.id);
    if (retained === undefined) this.#retained.set(shard.id, (retained = new Retained()));
    retained.add(request);
    this.#options.onAppended?.(request, turn.fired);
    if (!turn.sent) return;
    for (const to of shard.peers.neighbours)
      for (const entry of shard.peers.toSend(to, shard.durable))
        if (entry.position > before) sendPeer(sendMessage(shard, to, entry));
  }
}
