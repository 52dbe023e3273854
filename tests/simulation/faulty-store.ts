/**
 * The hot store of a simulated run: the port of engine/store/port.ts over `StoreState`, reached through a faulty
 * connection. With faults off it passes the contract suite that the real adapters pass. Its level says what a failover
 * may take: at `process` up to the last second of what was answered, at `disk` nothing that was answered.
 */
import { StoreUnavailable } from "../../engine/model/errors.ts";
import type { Instant } from "../../engine/model/ids.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { type CallKind, Remote } from "./remote.ts";
import type { Actor, Scheduler } from "./scheduler.ts";
import { type JournalObserver, StoreState } from "./store-state.ts";

export type DurabilityLevel = "process" | "disk";

/** What everysec can lose. */
const REWIND_MS_MAX = 1_000;
/** Longest flush at level `disk`. */
const FLUSH_MS_MAX = 4;

export interface FaultyStoreOptions {
  readonly shards: number;
  readonly level: DurabilityLevel;
  /** The store's wall clock. */
  readonly wallNow: () => Instant;
  readonly observer?: JournalObserver;
}

const reads = (label: string): CallKind => ({ label, writes: false, waitsForFlush: false });
const writes = (label: string): CallKind => ({ label, writes: true, waitsForFlush: true });
const readsDurable = (label: string): CallKind => ({ label, writes: false, waitsForFlush: true });

export class FaultyStore {
  readonly state: StoreState;
  readonly remote: Remote;
  readonly level: DurabilityLevel;
  readonly #scheduler: Scheduler;
  readonly #wallNow: () => Instant;

  constructor(scheduler: Scheduler, options: FaultyStoreOptions) {
    const state = new StoreState(options.shards, options.observer);
    this.state = state;
    this.level = options.level;
    this.#scheduler = scheduler;
    this.#wallNow = options.wallNow;
    const flushing = {
      mark: () => state.mark,
      durableMark: () => state.durableMark,
      flush: () => {
        state.flush();
        state.forget(scheduler.nowMs - REWIND_MS_MAX);
      },
      flushMsMax: options.level === "disk" ? FLUSH_MS_MAX : 0,
    };
    this.remote = new Remote(scheduler, flushing, (what) => new StoreUnavailable(what));
  }

  /** A master dies and another takes its place, or the power fails and returns. */
  failover(): void {
    const lostMs = this.level === "process" ? this.#scheduler.random.fraction() * REWIND_MS_MAX : 0;
    this.#scheduler.note(() => `failover, ${lostMs.toFixed(0)} ms lost`);
    this.state.rewind(this.#scheduler.nowMs - lostMs);
    this.remote.breakAll();
  }

  /** The port, as one life of a node uses it. */
  connect(actor: Actor | undefined): HotStore {
    const { state, remote } = this;
    const who = actor?.name ?? "test";
    const call = <T>(kind: CallKind, act: () => T): Promise<T> =>
      remote.call(actor, { ...kind, label: `${who} ${kind.label}` }, () => {
        state.nowMs = this.#scheduler.nowMs;
        return act();
      });
    return {
      shards: state.shards,
      journal: {
        append: (requests) => {
          const kept = requests.map((request) => ({ ...request, bytes: new Uint8Array(request.bytes) }));
          const what = kept.map(({ shard, firstPosition }) => `s${shard}@${firstPosition}`).join(",");
          return call(writes(`append ${what}`), () => kept.map((request) => state.append(request)));
        },
        read: (shard, after, bytesMax) =>
          call(readsDurable(`read s${shard} after ${after}`), () => state.read(shard, after, bytesMax)),
        last: (shard) => call(readsDurable(`last s${shard}`), () => state.last(shard)),
        trim: (shard, upTo) => call(writes(`trim s${shard}@${upTo}`), () => state.trim(shard, upTo)),
      },
      state: {
        checkpoint: (write) => {
          const profiles = write.profiles.map((profile) => ({ ...profile, row: new Uint8Array(profile.row) }));
          const kept = {
            ...write,
            profiles,
            cells: [...write.cells],
            forgotten: [...write.forgotten],
            meta: new Uint8Array(write.meta),
          };
          return call(writes(`checkpoint s${write.shard}@${write.watermark}`), () => state.checkpoint(kept));
        },
        fill: (write) => {
          const profiles = write.profiles.map((profile) => ({ ...profile, row: new Uint8Array(profile.row) }));
          const begun = write.begun.map(([part, note]) => [part, new Uint8Array(note)] as const);
          const kept = { ...write, profiles, cells: [...write.cells], begun, done: [...write.done] };
          return call(writes(`fill s${write.shard}`), () => state.fill(kept));
        },
        unfilled: (shard) => call(reads(`unfilled s${shard}`), () => state.unfilled(shard)),
        loadMeta: (shard) => call(reads(`loadMeta s${shard}`), () => state.loadMeta(shard)),
        loadProfiles: (shard, ids) => call(reads(`loadProfiles s${shard}`), () => state.loadProfiles(shard, ids)),
        loadCells: (shard, keys) => call(reads(`loadCells s${shard}`), () => state.loadCells(shard, keys)),
        due: (shard, until, limit) => call(reads(`due s${shard}`), () => state.due(shard, until, limit)),
        scan: (shard, cursor, limit) => call(reads(`scan s${shard}`), () => state.scan(shard, cursor, limit)),
        scanMarks: (shard, cursor, limit) =>
          call(reads(`scanMarks s${shard}`), () => state.scanMarks(shard, cursor, limit)),
      },
      leases: {
        readLeases: () => call(reads("readLeases"), () => state.readLeases()),
        claim: (seen, node, epochFloor) =>
          call(writes(`claim s${seen.shard}`), () => state.claim(seen, node, epochFloor)),
        renew: (node, held) => call(writes("renew"), () => state.renew(node, held)),
        release: (node, shard, epoch) => call(writes(`release s${shard}`), () => state.release(node, shard, epoch)),
        announce: (node, address) => call(writes("announce"), () => state.announce(node, address)),
        leave: (node) => call(writes("leave"), () => state.leave(node)),
        readNodes: () => call(reads("readNodes"), () => state.readNodes()),
        storeTime: () => call(reads("storeTime"), () => this.#wallNow()),
      },
      plans: {
        put: (digest, source) => call(writes("put plan"), () => state.putPlan(digest, source)),
        get: (digest) => call(reads("get plan"), () => state.getPlan(digest)),
        setCurrent: (digest) => call(writes("set plan"), () => state.setCurrentPlan(digest)),
        current: () => call(reads("current plan"), () => state.currentPlan),
        steering: () => call(reads("steering"), () => state.steering),
        setSteering: (text, from) => call(writes("set steering"), () => state.setSteering(text, from)),
      },
      products: {
        put: (changes) => call(writes("put products"), () => state.products.put(changes)).then((put) => put),
        since: (after, limit) =>
          call(reads("products since"), () => state.products.since(after, limit)).then((line) => line),
        putModelPiece: (version, piece, bytes) =>
          call(writes("put model piece"), () => state.products.putModelPiece(version, piece, bytes)).then(
            (done) => done,
          ),
        modelPiece: (version, piece) =>
          call(reads("model piece"), () => state.products.modelPiece(version, piece)).then((bytes) => bytes),
        setModel: (model) => call(writes("set model"), () => state.products.setModel(model)).then((done) => done),
        model: () => call(reads("model"), () => state.products.model()).then((model) => model),
      },
      close: () => Promise.resolve(),
    };
  }
}
