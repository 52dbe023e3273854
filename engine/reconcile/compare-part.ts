/**
 * One look at a part of a shard: live as it is, then history up to there, then what differs. Whose rows say the same is equal;
 * all others are held against each other in the form in which profiles are compared. The second look tells what differs, and
 * only those take part in it who differed in the first. Nothing is changed.
 */
import type { History } from "../history/port.ts";
import type { CellKey } from "../model/identifier.ts";
import {
  type Instant,
  type PlanDigest,
  type Position,
  type ProfileId,
  type ShardId,
  shardOfProfile,
  shardOfSlot,
  type Slot,
} from "../model/ids.ts";
import { NOTHING_LACKING } from "../model/lacking.ts";
import type { Plan } from "../model/plan.ts";
import { isReceiptCell } from "../model/receipt.ts";
import type { HotStore } from "../store/port.ts";
import { comparedPageMax, historyReachMsMax, messageAnswerMsMax } from "../limits-of-reconcile.ts";
import { broughtForward } from "./brought-forward.ts";
import { unsettledBy } from "./comparable.ts";
import { comparePeople, type PersonDrift } from "./compare-people.ts";
import { FoldedPart } from "./fold-part.ts";
import type { HistoryFlaw } from "./history-records.ts";
import { askerOf, placeOf } from "../model/peer-places.ts";
import { lookUntil } from "./looking.ts";
import { type LivePerson, type LiveShard, readLivePeople, readLiveShard } from "./live-part.ts";
import { isOfPart } from "./bands.ts";
import type { OpenMessage } from "./shard-messages.ts";
import type { ShardRows } from "./shard-rows.ts";
import { readSnapshotPart, type Snapshot, type SnapshotPart } from "./snapshots.ts";

export interface Sources {
  readonly store: Pick<HotStore, "state" | "shards">;
  readonly history: Pick<History, "watermarks" | "snapshotPage">;
  /** undefined: nobody has it any more. */
  readonly planOf: (digest: PlanDigest) => Promise<Plan | undefined>;
  readonly now: () => Instant;
  readonly pause: (delayMs: number) => Promise<void>;
}

export interface Look {
  readonly shard: ShardId;
  /** Of how many ranges of slots which. */
  readonly part: number;
  readonly parts: number;
  /** Where the fold begins; undefined: with the first record. */
  readonly snapshot: Snapshot | undefined;
  /** The shard's, from there on. */
  readonly rows: ShardRows;
  /** Names of people and cells; undefined: all. */
  readonly closely: ReadonlySet<string> | undefined;
}

export interface CellDrift {
  readonly cell: CellKey;
  readonly found: ProfileId | undefined;
  readonly to: ProfileId;
}

export type MessageDrift = OpenMessage & { readonly is: "lost" | "unanswered" };

export interface PartFindings {
  readonly profiles: number;
  readonly cells: number;
  readonly records: number;
  readonly people: readonly PersonDrift[];
  readonly wrongCells: readonly CellDrift[];
  readonly messages: readonly MessageDrift[];
  readonly flaws: readonly HistoryFlaw[];
  /** All records up to here are in what was folded. */
  readonly upTo: Position;
  /** Sealed here, and answered: whoever they went into must have them. */
  readonly seals: ReadonlyMap<ProfileId, OpenMessage>;
  readonly absorbed: ReadonlyMap<ProfileId, ProfileId>;
  /** What was compared, to be kept where nothing differs; undefined: there was nothing. */
  readonly compared: Compared | undefined;
}

export interface Compared {
  readonly live: LiveShard;
  readonly people: ReadonlyMap<ProfileId, LivePerson>;
  readonly folded: FoldedPart;
  readonly base: SnapshotPart | undefined;
  readonly plan: Plan;
}

/** Whoever changes plans while we look makes us look again. */
const AGAIN_MAX = 5;

/** Rejects with BrokenSnapshotError. @returns `behind`: history did not come as far as live in time. */
export async function comparePart(sources: Sources, look: Look): Promise<PartFindings | "behind"> {
  for (let tries = 1; ; tries++) {
    const found = await attempt(sources, look);
    if (found !== "plan changed") return found;
    if (tries >= AGAIN_MAX) return "behind";
  }
}

async function attempt(sources: Sources, look: Look): Promise<PartFindings | "behind" | "plan changed"> {
  const { store, history } = sources;
  const { shard, part, snapshot, rows, closely } = look;
  // History may hold people of before there were so many shards: they live elsewhere now.
  const isOurs = (slot: Slot): boolean => shardOfSlot(slot, store.shards) === shard && isOfPart(slot, look);
  const live = await readLiveShard(store.state, shard);
  if (live === undefined) return NOTHING;
  const plans = await plansOf(sources, live);
  const plan = plans.at(-1);
  if (plan === undefined) return NOTHING;
  const unsettled = unsettledBy(plans, live.meta.lacking ?? NOTHING_LACKING);
  const base = snapshot && (await readSnapshotPart(history, snapshot, { ...look, isOurs }));
  const judges = isSettled(live);
  const mayBeKept = judges && snapshot?.plan.digest === plan.digest;
  const people = await readLivePeople(store.state, {
    shard,
    of: { ...look, shards: store.shards },
    plan,
    isOurs,
    // The shard's own time, where the clock has gone back since.
    now: () => Math.max(sources.now(), live.meta.instant),
    vouched: live.meta.position,
    keptOf: (id) => (mayBeKept && closely?.has(id) !== true ? base?.personOf(id) : undefined),
  });
  let upTo = live.meta.position;
  for (const { position } of people.values()) upTo = Math.max(upTo, position);
  upTo = Math.max(upTo, live.watermark);
  if (!(await reached(sources, shard, upTo))) return "behind";
  const folded = new FoldedPart({
    shard,
    shards: store.shards,
    plan,
    planOf: async ({ digest }) => (await sources.planOf(digest)) ?? plan,
    isOurs,
    withState: part === 0,
    base,
    liveAt: (id) => people.get(id)?.position,
    watermark: live.watermark,
    closely,
  });
  await folded.read(rows.read(part, upTo));
  if (folded.refold.plan.digest !== plan.digest) return "plan changed";
  const drifts = comparePeople(people, { folded, base, live, unsettled, judges, closely });
  const wrongCells = await compareCells(sources, { shard, live, folded, closely });
  return {
    profiles: people.size,
    cells: folded.cells.size,
    records: folded.records,
    people: await broughtForward(drifts, {
      shard,
      shards: store.shards,
      isOurs,
      live,
      people,
      after: base?.snapshot.position ?? 0,
      plan,
      read: () => rows.read(part, upTo),
    }),
    wrongCells,
    messages: compareMessages(folded, live, { shard, shards: store.shards }),
    flaws: folded.flaws,
    upTo,
    seals: folded.messages.settledSeals(),
    absorbed: folded.messages.absorbed,
    compared: { live, people, folded, base, plan },
  };
}

/** Everybody was met by the plan that is in force, and nothing is being gathered. */
export function isSettled({ meta }: LiveShard): boolean {
  return meta.sweep === "done" && meta.lacking === undefined;
}

const NOTHING: PartFindings = {
  profiles: 0,
  cells: 0,
  records: 0,
  people: [],
  wrongCells: [],
  messages: [],
  flaws: [],
  upTo: 0,
  seals: new Map(),
  absorbed: new Map(),
  compared: undefined,
};

async function plansOf(sources: Sources, { meta }: LiveShard): Promise<readonly Plan[]> {
  const plans: Plan[] = [];
  for (const [, digest] of meta.plans) {
    const plan = await sources.planOf(digest);
    if (plan !== undefined) plans.push(plan);
  }
  return plans;
}

async function reached({ history, pause }: Sources, shard: ShardId, upTo: Position): Promise<boolean> {
  const hasCome = async (): Promise<boolean> => ((await history.watermarks()).get(shard)?.position ?? 0) >= upTo;
  return lookUntil(hasCome, { pause, msMax: historyReachMsMax });
}

async function compareCells(
  { store }: Sources,
  {
    shard,
    live,
    folded,
    closely,
  }: {
    readonly shard: ShardId;
    readonly live: LiveShard;
    readonly folded: FoldedPart;
    readonly closely: ReadonlySet<string> | undefined;
  },
): Promise<readonly CellDrift[]> {
  const keys = [...folded.cells.keys()].filter((key) => closely === undefined || closely.has(key));
  const drifts: (CellDrift & { readonly at: Instant })[] = [];
  for (let from = 0; from < keys.length; from += comparedPageMax) {
    const page = keys.slice(from, from + comparedPageMax);
    const found = await store.state.loadCells(shard, page);
    for (const [index, cell] of page.entries()) {
      const { settled, settledAt, later } = folded.cells.get(cell) ?? NO_CELL;
      if (settled === undefined || found[index] === settled) continue;
      const holder = found[index];
      if (holder !== undefined && later.includes(holder)) continue;
      if (holder === undefined && folded.isEmptied(settled)) continue;
      drifts.push({ cell, found: holder, to: later.at(-1) ?? settled, at: settledAt });
    }
  }
  if (drifts.length === 0) return [];
  // Old marks of receipts go, once history has them.
  const goneBefore = (await readLiveShard(store.state, shard))?.meta.marksGoneBefore ?? live.meta.marksGoneBefore ?? 0;
  return drifts.filter(({ cell, found, at }) => !(isReceiptCell(cell) && found === undefined && at < goneBefore));
}

const NO_CELL = { settled: undefined, settledAt: 0, later: [] } as const;

/** A message that was recorded and is not answered stands in the outbox, and its answer does not take for ever. */
function compareMessages(
  folded: FoldedPart,
  { meta, watermark }: LiveShard,
  { shard, shards }: { readonly shard: ShardId; readonly shards: number },
): readonly MessageDrift[] {
  const kept = new Set(
    meta.peers.outboxes.flatMap(([to, { entries }]) =>
      entries.flatMap(({ n, answered }) => (answered ? [] : [`${to} ${n}`])),
    ),
  );
  const drifts: MessageDrift[] = [];
  for (const [name, message] of folded.messages.open) {
    const asker = askerOf(message.body);
    const isElsewheres = asker !== undefined && shardOfProfile(asker, shards) !== shard;
    // Asked before there were so many shards: it was asked anew by whoever it is of now.
    if (isElsewheres || placeOf(message.body, shards) !== message.to) continue;
    if (message.position > watermark) continue;
    if (!kept.has(name)) drifts.push({ ...message, is: "lost" });
    else if (folded.instant - message.at > messageAnswerMsMax) drifts.push({ ...message, is: "unanswered" });
  }
  return drifts;
}
