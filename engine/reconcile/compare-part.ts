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
import type { JsonObject } from "../model/event.ts";
import { NOTHING_LACKING } from "../model/lacking.ts";
import type { Plan } from "../model/plan.ts";
import { isReceiptCell } from "../model/receipt.ts";
import { encodeProfile, isEmptied, type Profile, saySame } from "../profile/port.ts";
import type { HotStore } from "../store/port.ts";
import { comparedPageMax, historyReachMsMax, messageAnswerMsMax } from "../limits-of-reconcile.ts";
import { comparable, sectionsOf, unsettledBy, type Unsettled, wakeUpSection } from "./comparable.ts";
import { FoldedPart, type ToldRecord } from "./fold-part.ts";
import type { HistoryFlaw } from "./history-records.ts";
import { askerOf, placeOf } from "../model/peer-places.ts";
import { lookUntil } from "./looking.ts";
import {
  type Judgement,
  judgementOf,
  type LivePerson,
  type LiveShard,
  openLive,
  readLivePeople,
  readLiveShard,
} from "./live-part.ts";
import { isOfPart } from "./bands.ts";
import type { DriftSection } from "./port.ts";
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

export interface PersonDrift {
  readonly id: ProfileId;
  /** `differs`: at the same position; `stale`: live lacks records that it vouches for; `ahead`: history lacks some;
   *  `oversleeps`: something of theirs is due before they are woken. */
  readonly is: "differs" | "stale" | "ahead" | "missing" | "unknown" | "contradicted" | "oversleeps";
  readonly sections: readonly DriftSection[];
  readonly contradicted: readonly string[];
  /** As of all records, to be put in its place; undefined in the first look. */
  readonly row: Uint8Array | undefined;
  readonly records: readonly ToldRecord[];
  /** The records themselves are not to be trusted. */
  readonly flaw: HistoryFlaw["cause"] | undefined;
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
  const wrongCells = await compareCells(sources, { shard, live, folded, closely });
  return {
    profiles: people.size,
    cells: folded.cells.size,
    records: folded.records,
    people: comparePeople(people, { folded, base, live, unsettled, judges, closely }),
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

function comparePeople(
  people: ReadonlyMap<ProfileId, LivePerson>,
  of: {
    readonly folded: FoldedPart;
    readonly base: SnapshotPart | undefined;
    readonly live: LiveShard;
    readonly unsettled: Unsettled;
    /** Memberships are held against the rules. */
    readonly judges: boolean;
    readonly closely: ReadonlySet<string> | undefined;
  },
): readonly PersonDrift[] {
  const { folded, base, live, unsettled, judges, closely } = of;
  const drifts: PersonDrift[] = [];
  const wanted = (id: ProfileId): boolean => closely === undefined || closely.has(id);
  for (const [id, person] of people) {
    const isAsThen = person.is === "kept" && person.unheard === undefined && !folded.isTouched(id);
    if (!wanted(id) || isAsThen) continue;
    const expected = folded.profileAt(id);
    const difference = differenceOf(person, { folded, id, expected, unsettled, judges });
    if (difference === undefined) continue;
    const { is, contradicted, overslept } = difference;
    const liveForm = closely === undefined ? undefined : formOf(person, { folded, id, unsettled });
    const sections =
      is === "oversleeps"
        ? [wakeUpSection({ wakeUp: person.wakeUp, overslept })]
        : sectionsOf(liveForm, expected && comparable(expected, unsettled));
    drifts.push({
      id,
      is,
      sections: closely === undefined ? [] : sections,
      contradicted,
      ...closeOf(folded, id, closely),
    });
  }
  for (const id of new Set([...folded.refold.people.keys(), ...(base?.people.keys() ?? [])])) {
    if (people.has(id) || !wanted(id)) continue;
    const since = folded.refold.people.get(id)?.since ?? base?.personOf(id)?.since ?? 0;
    if (since > live.watermark) continue;
    const expected = folded.profileAt(id);
    // What is left of an emptied one goes by itself.
    if (expected !== undefined && isEmptied(expected)) continue;
    const form = expected && comparable(expected, unsettled);
    const sections = closely === undefined ? [] : sectionsOf(undefined, form);
    drifts.push({ id, is: "missing", sections, contradicted: [], ...closeOf(folded, id, closely) });
  }
  return drifts;
}

interface Against {
  readonly folded: FoldedPart;
  readonly id: ProfileId;
  readonly unsettled: Unsettled;
}

interface Difference extends Judgement {
  readonly is: PersonDrift["is"];
}

function differenceOf(
  person: LivePerson,
  { expected, judges, ...against }: Against & { readonly expected: Profile | undefined; readonly judges: boolean },
): Difference | undefined {
  const { folded, id } = against;
  const differs = (is: PersonDrift["is"]): Difference => ({ is, contradicted: [], overslept: undefined });
  if (expected === undefined) return differs("unknown");
  if (person.is === "unreadable") return differs("differs");
  if (folded.isStale(id)) return differs("stale");
  if (expected.position < person.position) return differs("ahead");
  // Only a row of a snapshot holds more than live has applied.
  if (expected.position > person.position) return differs("stale");
  const live = person.row === undefined ? expected : sameAs(person.row, expected, against);
  if (live === undefined) return differs("differs");
  // What follows the live row may have changed it.
  if (folded.hasMoved(id)) return undefined;
  const judged = judgementOf(person, live, { plan: folded.refold.plan, judges });
  if (judged.contradicted.length > 0) return { is: "contradicted", ...judged };
  return judged.overslept === undefined ? undefined : { is: "oversleeps", ...judged };
}

/**
 * The live profile, where its row says what the records give; undefined: it does not. Rows of one form are nearly always the
 * same, and then what was folded is the live profile; what their order of writing left in them is no difference.
 */
function sameAs(row: Uint8Array, expected: Profile, { folded, id, unsettled }: Against): Profile | undefined {
  const folds = folded.rowAt(id, expected);
  if (folds !== undefined && saySame(row, folds)) return expected;
  const live = openLive(row, { plan: folded.refold.plan, id });
  if (live === undefined) return undefined;
  const [ours, theirs] = [comparable(live, unsettled), comparable(expected, unsettled)];
  return JSON.stringify(ours) === JSON.stringify(theirs) ? live : undefined;
}

function formOf({ is, row }: LivePerson, { folded, id, unsettled }: Against): JsonObject | undefined {
  const live = row === undefined || is === "unreadable" ? undefined : openLive(row, { plan: folded.refold.plan, id });
  return live && comparable(live, unsettled);
}

function closeOf(
  folded: FoldedPart,
  id: ProfileId,
  closely: ReadonlySet<string> | undefined,
): Pick<PersonDrift, "row" | "records" | "flaw"> {
  const records = folded.told.get(id) ?? [];
  const now = closely === undefined ? undefined : folded.profileNow(id);
  return { row: now && encodeProfile(now), records, flaw: flawOf(folded, id, records) };
}

/** Of the flaws of the shard's history the one that this person's records may have suffered from. */
function flawOf(
  { flaws, broken }: FoldedPart,
  id: ProfileId,
  records: readonly ToldRecord[],
): HistoryFlaw["cause"] | undefined {
  const hit = flaws.find(({ from, to }) => records.some(({ position }) => position >= from && position <= to));
  if (hit !== undefined) return hit.cause;
  // Whose a missing record was nobody can tell.
  const missing = flaws.find(({ cause }) => cause === "missing_rows");
  if (missing !== undefined) return missing.cause;
  return broken.has(id) ? (flaws[0]?.cause ?? "edited_history") : undefined;
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
