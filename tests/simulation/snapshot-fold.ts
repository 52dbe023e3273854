/**
 * "A fold from a snapshot is the fold from the first record": each shard's history is cut at two places. At the first a
 * snapshot is taken by the night's own code, of people who are each as of a position of their own at or after the cut; at
 * the second one of what was folded from the first. What is folded from the last must be, in canonical form, what all
 * records give: people, cells, messages that wait, orders and plans; and the same in parts, from rows that were put away by
 * part up to somewhere.
 */
import { tmpdir } from "node:os";
import { sameWatermark, UNDRAINED } from "../../engine/history/drain-write.ts";
import type { History, SnapshotHead } from "../../engine/history/port.ts";
import { type Position, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../../engine/model/ids.ts";
import { slotOfCell } from "../../engine/model/hash.ts";
import { decodeRecord } from "../../engine/model/record-codec.ts";
import type { Plan } from "../../engine/model/plan.ts";
import { canonical } from "../../engine/profile/port.ts";
import { isOfPart } from "../../engine/reconcile/bands.ts";
import { FoldedPart } from "../../engine/reconcile/fold-part.ts";
import { type FoundRow, readRows, sealedBefore } from "../../engine/reconcile/history-records.ts";
import type { LivePerson } from "../../engine/reconcile/live-part.ts";
import { openShardRows } from "../../engine/reconcile/shard-rows.ts";
import { finishSnapshot, readSnapshot, readSnapshotPart, type SnapshotPart } from "../../engine/reconcile/snapshots.ts";
import { ShardTaking } from "../../engine/reconcile/take-snapshots.ts";
import { Shard } from "../../engine/shard/refold-port.ts";
import type { MemoryHistory } from "./memory-history.ts";
import { loadSamplePlan, planDigest, planSource, VARIANTS } from "./sample-rules.ts";
import { SeededRandom } from "./seeded-random.ts";

const PLANS = new Map(VARIANTS.map((variant) => [planDigest(variant), loadSamplePlan(planSource(variant))]));
const FIRST_PLAN = PLANS.values().next().value as Plan;
/** How far a person may be ahead of the snapshot. */
const AHEAD_MAX = 50;
const UNREAD = { wakeUp: Number.POSITIVE_INFINITY, at: 0, unheard: undefined, row: undefined };
const EVERYBODY = { part: 0, parts: 1, isOurs: () => true };
const PARTS = 4;

/** Returns what differs, in words, and how many snapshots were folded from. */
export async function checkSnapshots(
  { rows }: Pick<MemoryHistory, "rows">,
  { shards, random }: { readonly shards: number; readonly random: SeededRandom },
): Promise<{ readonly problems: readonly string[]; readonly folded: number }> {
  const problems: string[] = [];
  let folded = 0;
  for (const [shard, records] of rows) {
    const end = records.at(-1)?.position ?? 0;
    const shop = new Shop(rows, { shard, shards, random });
    const whole = await shop.fold({ upTo: end, watermark: end, base: undefined, liveAt: () => end });
    let base: SnapshotPart | undefined;
    for (const cut of [random.between(1, end), random.between(1, end)].sort((a, b) => a - b))
      base = (await shop.take(cut, base)) ?? base;
    if (base === undefined) continue;
    folded += 1;
    const again = await shop.fold({ upTo: end, watermark: end, base, liveAt: () => end });
    problems.push(...differences(whole, again, base).map((text) => `shard ${shard}: ${text}`));
    const inParts = await shop.foldInParts({ upTo: end, watermark: end, base, liveAt: () => end });
    problems.push(...partDifferences(whole, inParts).map((text) => `shard ${shard}: ${text}`));
  }
  return { problems, folded };
}

/** The history of a run with a snapshot of each shard, as of somewhere on the way. */
export async function snapshottedHistory(world: {
  readonly history: MemoryHistory;
  readonly store: { readonly state: { readonly shards: number } };
}): Promise<Kept & Pick<History, "watermarks" | "drain" | "putDocument">> {
  const { rows } = world.history;
  const { shards } = world.store.state;
  const random = new SeededRandom(rows.size + (rows.get(0 as ShardId)?.length ?? 0));
  const shops = new Map<ShardId, Shop>();
  for (const [shard, records] of rows) {
    const shop = new Shop(rows, { shard, shards, random });
    await shop.take(random.between(1, records.at(-1)?.position ?? 0), undefined);
    shops.set(shard, shop);
  }
  const none = keep(rows);
  const of = (shard: ShardId): Kept => shops.get(shard)?.kept ?? none;
  const plans = new Map<string, Uint8Array>(VARIANTS.map((variant) => [planDigest(variant), planSource(variant)]));
  const documents = new Map<string, Uint8Array>();
  const ends = new Map([...rows.keys()].map((shard) => [shard, world.history.watermark(shard)]));
  return {
    ...none,
    watermarks: async () => new Map(ends),
    drain: async (writes) =>
      writes.map(({ shard, from, to }) => {
        if (!sameWatermark(ends.get(shard) ?? UNDRAINED, from)) return "moved";
        ends.set(shard, to);
        return "ok";
      }),
    async document({ kind, key }) {
      const content = kind === "plan" ? plans.get(key) : documents.get(`${kind} ${key}`);
      return content && { kind, key, version: 1, content };
    },
    async putDocument({ kind, key }, content = new Uint8Array(0)) {
      documents.set(`${kind} ${key}`, content);
      return true;
    },
    snapshot: (shard) => of(shard).snapshot(shard),
    snapshotPage: (name, page) => of(name.shard).snapshotPage(name, page),
  };
}

interface FoldOptions {
  readonly upTo: Position;
  readonly watermark: Position;
  readonly base: SnapshotPart | undefined;
  readonly liveAt: (id: ProfileId) => Position;
}

type Kept = Pick<
  History,
  "records" | "seals" | "document" | "snapshot" | "snapshotPage" | "putSnapshotPage" | "finishSnapshot"
>;

class Shop {
  readonly #shard: ShardId;
  readonly #shards: number;
  readonly #random: SeededRandom;
  readonly kept: Kept;
  readonly #plansAt: readonly Position[];
  readonly #end: Position;
  #takes = 0;

  constructor(
    rows: MemoryHistory["rows"],
    { shard, shards, random }: { readonly shard: ShardId; readonly shards: number; readonly random: SeededRandom },
  ) {
    this.#shard = shard;
    this.#shards = shards;
    this.#random = random;
    this.kept = keep(rows);
    this.#end = rows.get(shard)?.at(-1)?.position ?? 0;
    this.#plansAt = (rows.get(shard) ?? []).flatMap(({ record, position }) =>
      decodeRecord(record).kind === "plan" ? [position] : [],
    );
  }

  async fold(options: FoldOptions): Promise<FoldedPart> {
    const after = await this.#after(options);
    return this.#foldRows(readRows(this.kept, this.#shard, { after, upTo: options.upTo }), options, EVERYBODY);
  }

  async foldInParts(options: FoldOptions & { readonly base: SnapshotPart }): Promise<readonly FoldedPart[]> {
    const { base, upTo } = options;
    const after = await this.#after(options);
    const cut = this.#random.between(after, upTo);
    const rows = await openShardRows({
      history: this.kept,
      shard: this.#shard,
      after,
      upTo: cut,
      parts: { spilled: PARTS, unspilled: 1 },
      isOurs: () => true,
      scratch: tmpdir(),
      onRecords: () => undefined,
    });
    const folded: FoldedPart[] = [];
    const { parts } = rows;
    if (parts !== PARTS && cut > after) throw new Error("rows could not be put away");
    for (let part = 0; part < parts; part++) {
      const of = { part, parts, isOurs: (slot: Slot) => isOfPart(slot, { part, parts }) };
      const ours = await readSnapshotPart(this.kept, base.snapshot, of);
      folded.push(await this.#foldRows(rows.read(part, upTo), { ...options, base: ours }, of));
    }
    rows.close();
    return folded;
  }

  #after({ base }: FoldOptions): Promise<Position> {
    return sealedBefore(this.kept, this.#shard, base?.snapshot.position ?? 0);
  }

  async #foldRows(
    rows: AsyncIterable<readonly FoundRow[]>,
    { watermark, base, liveAt }: FoldOptions,
    { part, isOurs }: { readonly part: number; readonly isOurs: (slot: Slot) => boolean },
  ): Promise<FoldedPart> {
    const folded = new FoldedPart({
      shard: this.#shard,
      shards: this.#shards,
      plan: FIRST_PLAN,
      planOf: async ({ digest }) => PLANS.get(digest) as Plan,
      isOurs,
      withState: part === 0,
      base,
      liveAt,
      watermark,
    });
    await folded.read(rows);
    if (folded.flaws.length > 0) throw new Error(`history has flaws: ${JSON.stringify(folded.flaws)}`);
    return folded;
  }

  /** undefined: not taken, as no plan was begun by then. */
  async take(cut: Position, base: SnapshotPart | undefined): Promise<SnapshotPart | undefined> {
    const upTo = (this.#plansAt.find((position) => position > cut) ?? Number.POSITIVE_INFINITY) - 1;
    const end = Math.min(upTo, this.#end, cut + AHEAD_MAX);
    const at = new Map<ProfileId, Position>();
    const liveAt = (id: ProfileId): Position => {
      const position = at.get(id) ?? Math.max(this.#random.between(cut, end), base?.personOf(id)?.position ?? 0);
      at.set(id, position);
      return position;
    };
    const folded = await this.fold({ upTo: end, watermark: cut, base, liveAt });
    const everybody = new Set([...folded.refold.people.keys(), ...(base?.people.keys() ?? [])]);
    const people = new Map<ProfileId, LivePerson>();
    for (const id of everybody) {
      const since = folded.refold.people.get(id)?.since ?? 0;
      if (since <= liveAt(id)) people.set(id, { position: liveAt(id), is: "read", mark: 0, ...UNREAD });
    }
    const meta = folded.state?.meta;
    if (meta === undefined) throw new Error("the shard's own state was not folded");
    const live = { watermark: cut, meta: { ...meta, sweep: "done" } };
    this.#takes += 1;
    const taking = new ShardTaking(this.kept, { shard: this.#shard, take: String(this.#takes) });
    await taking.add({ live, people, folded, base, plan: folded.refold.plan });
    const head = taking.head();
    if (head === undefined || !(await finishSnapshot(this.kept, head))) return undefined;
    const snapshot = await readSnapshot(this.kept, this.#shard, async (digest) => PLANS.get(digest));
    if (snapshot === undefined || snapshot === "broken") throw new Error("a snapshot cannot be read back");
    return readSnapshotPart(this.kept, snapshot, EVERYBODY);
  }
}

function keep(rows: MemoryHistory["rows"]): Kept {
  const pages = new Map<string, Uint8Array>();
  let head: SnapshotHead | undefined;
  return {
    records: async (shard, after, limit) =>
      (rows.get(shard) ?? []).filter(({ position }) => position > after).slice(0, limit),
    seals: async () => [],
    document: async () => undefined,
    snapshot: async () => head,
    snapshotPage: async ({ take }, page) => pages.get(`${take} ${page}`),
    putSnapshotPage: async ({ take }, page, content) => void pages.set(`${take} ${page}`, content),
    finishSnapshot: async (finished) => {
      head = finished;
      return true;
    },
  };
}

function differences(whole: FoldedPart, again: FoldedPart, base: SnapshotPart): readonly string[] {
  const problems: string[] = [];
  const say = (what: string, left: string | undefined, right: string | undefined): void => {
    if (left !== right) problems.push(`${what}: ${left} / from the snapshot ${right}`);
  };
  for (const id of new Set([...whole.refold.people.keys(), ...base.people.keys(), ...again.refold.people.keys()]))
    say(`profile ${id}`, formOf(whole, id), formOf(again, id));
  for (const key of new Set([...whole.cells.keys(), ...again.cells.keys()]))
    say(`cell ${key}`, whole.cells.get(key)?.settled, again.cells.get(key)?.settled);
  say("open messages", namesOf(whole), namesOf(again));
  say("the shard's own state", stateOf(whole), stateOf(again));
  return problems;
}

/** Everybody and everything is in the part it is of, as all records give it, and in no other. */
function partDifferences(whole: FoldedPart, parts: readonly FoldedPart[]): readonly string[] {
  const problems: string[] = [];
  const say = (what: string, left: string | undefined, right: string | undefined): void => {
    if (left !== right) problems.push(`${what}: ${left} / in parts ${right}`);
  };
  for (const [part, folded] of parts.entries()) {
    const isOurs = (slot: Slot): boolean => isOfPart(slot, { part, parts: parts.length });
    const here = (id: ProfileId, form: string | undefined) => (isOurs(slotOfProfile(id)) ? form : undefined);
    for (const id of new Set([...whole.refold.people.keys(), ...folded.refold.people.keys()]))
      say(`profile ${id}`, here(id, formOf(whole, id)), formOf(folded, id));
    for (const [key, { settled }] of whole.cells)
      if (isOurs(slotOfCell(key))) say(`cell ${key}`, settled, folded.cells.get(key)?.settled);
    for (const key of folded.cells.keys()) if (!isOurs(slotOfCell(key))) problems.push(`cell ${key}: of another part`);
  }
  const [first] = parts;
  if (first !== undefined) {
    say("open messages", namesOf(whole), namesOf(first));
    say("the shard's own state", stateOf(whole), stateOf(first));
  }
  return problems;
}

/** As it would be stored: what is too old goes with the writing. */
function formOf(folded: FoldedPart, id: ProfileId): string | undefined {
  const profile = folded.profileNow(id);
  return profile && JSON.stringify([profile.position, canonical(profile)]);
}

function namesOf({ messages }: FoldedPart): string {
  return [...messages.open.keys()].sort().join();
}

/** But answered messages, which are let go of at any time. */
function stateOf({ state }: FoldedPart): string | undefined {
  if (state === undefined) return undefined;
  const { meta } = state;
  const shard = new Shard(0 as ShardId, 1, FIRST_PLAN);
  shard.takeMeta(meta);
  const open = [...shard.peers.neighbours].sort().map((to) => [to, shard.peers.toSend(to, Number.POSITIVE_INFINITY)]);
  const { position, instant, plans, orders, oldestMark } = meta;
  return JSON.stringify([position, instant, plans, orders, oldestMark, open]);
}
