/**
 * Before a turn: brings into memory what the waiting messages will look at, in two round trips at most for all shards
 * together (cells, then the profiles they lead to). What is overlooked here, because an earlier message of the same turn
 * leads elsewhere, is met as "missing" and comes with the next turn.
 */
import { sweepPerTurnMax, turnEventsMax } from "../limits.ts";
import { slotOfCell } from "../model/hash.ts";
import type { Timers } from "../model/clock.ts";
import { type CellKey, type Identifier, cellKey } from "../model/identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import { persistently } from "./appender.ts";
import { isReceiptCell, RECEIPT_AT_CELL } from "../model/receipt.ts";
import { askersOf } from "./fold.ts";
import type { PeerBody } from "../model/record.ts";
import type { Owned, OwnedShards } from "./owned.ts";
import type { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";
import { aimOf, trustedHint } from "./locate.ts";
import type { Queued } from "./turn.ts";

interface Needs {
  readonly cells: Set<CellKey>;
  readonly profiles: Set<ProfileId>;
}

export interface Fetching {
  readonly residents: Residents;
  readonly timers: Timers;
  readonly wanted: () => boolean;
  readonly owned: OwnedShards;
  /** Whether it looks into history for whoever its store does not have. */
  readonly isFilling: (shard: ShardId) => boolean;
  /** There may be work for a turn now. */
  readonly signal: () => void;
}

/** For the turn that is about to be: all wait for it. */
export async function fetchMissing(
  work: readonly Owned[],
  due: ReadonlyMap<unknown, readonly { readonly id: ProfileId }[]>,
  fetching: Fetching,
): Promise<void> {
  const fetches: Promise<unknown>[] = [];
  for (const waiting of work) {
    const { shard } = waiting;
    const needs = needsOf(waiting, fetching.residents);
    for (const { id } of due.get(waiting) ?? []) want(id, shard, fetching.residents, needs);
    if (isAny(needs)) fetches.push(fetchFor(waiting, needs, fetching));
  }
  if (fetches.length > 0) await Promise.all(fetches);
}

/**
 * Begins to fetch for shards that are being filled: they look into history, which may take long, or be away. Their turn comes
 * when all is there, and no other waits for it.
 */
export function fetchBeside(work: readonly Owned[], fetching: Fetching): void {
  for (const owned of work) {
    if (owned.fetching || !fetching.isFilling(owned.shard.id)) continue;
    const needs = needsOf(owned, fetching.residents);
    if (!isAny(needs)) continue;
    owned.fetching = true;
    void fetchFor(owned, needs, fetching).then(() => {
      owned.fetching = false;
      fetching.signal();
    });
  }
}

function fetchFor(waiting: Owned, needs: Needs, { residents, owned, timers, wanted }: Fetching): Promise<unknown> {
  const isOurs = (): boolean => wanted() && owned.holds(waiting);
  return persistently(() => fetchShard(waiting.shard, needs, residents, isOurs), { timers, wanted: isOurs });
}

function needsOf(waiting: Owned, residents: Residents): Needs {
  const { shard } = waiting;
  const needs: Needs = { cells: new Set(), profiles: new Set() };
  const count = Math.min(waiting.queue.length, turnEventsMax);
  for (let i = 0; i < count; i++) gather(waiting.queue[i] as Queued, shard, residents, needs);
  for (const id of waiting.sweepIds.slice(0, sweepPerTurnMax)) want(id, shard, residents, needs);
  for (const { profile } of waiting.deliveries) want(profile, shard, residents, needs);
  return needs;
}

function isAny({ cells, profiles }: Needs): boolean {
  return cells.size + profiles.size > 0;
}

async function fetchShard(shard: Shard, needs: Needs, residents: Residents, isOurs: () => boolean): Promise<void> {
  if (needs.cells.size > 0) {
    const keys = [...needs.cells];
    await residents.fetchCells(shard, keys, isOurs);
    for (const key of keys) {
      // A receipt's cell names nobody.
      const id = isReceiptCell(key) ? null : residents.cell(shard, key);
      if (id != null) want(id, shard, residents, needs);
    }
    needs.cells.clear();
  }
  if (needs.profiles.size > 0) await residents.fetchProfiles(shard, [...needs.profiles], { isOurs });
}

function gather({ message, parsed }: Queued, shard: Shard, residents: Residents, needs: Needs): void {
  switch (message.kind) {
    case "event": {
      if (parsed !== undefined && "receipt" in parsed && message.route <= RECEIPT_AT_CELL)
        return wantCell(parsed.receipt.cell, shard, residents, needs);
      const aim = parsed !== undefined && "event" in parsed ? aimOf(parsed.event, message) : undefined;
      if (aim === undefined) return;
      const hint = trustedHint(shard, residents, aim);
      if (hint === null) wantPerson(aim.routing, shard, residents, needs);
      else want(hint ?? (aim.hint as ProfileId), shard, residents, needs);
      return;
    }
    case "read":
    case "watch":
      if (message.profile !== undefined) want(message.profile, shard, residents, needs);
      else wantPerson(message.identifier, shard, residents, needs);
      return;
    case "backfill":
    case "report":
      return want(message.profile, shard, residents, needs);
    case "repair": {
      const { fix } = message;
      if (fix.of === "profile" || fix.of === "wake_up") want(fix.profile, shard, residents, needs);
      if (fix.of === "cell") wantCell(fix.cell, shard, residents, needs);
      if (fix.of === "idle") for (const { profile } of fix.people) want(profile, shard, residents, needs);
      if (fix.of === "aged") for (const id of fix.people) want(id, shard, residents, needs);
      if (fix.of === "message") for (const id of askersOf(fix.body)) want(id, shard, residents, needs);
      return;
    }
    case "send":
      return gatherBody(message.body, shard, residents, needs);
    case "result": {
      const body = shard.peers.unanswered(message.from, message.n)?.body;
      if (body?.ask === "claim") want(body.profile, shard, residents, needs);
      if (body?.ask === "merge") want(body.with, shard, residents, needs);
      if (body?.ask === "absorb" || body?.ask === "settle") want(body.loser, shard, residents, needs);
      return;
    }
    case "warm":
    case "unwatch":
    case "greet":
    case "drained":
      return;
  }
}

function gatherBody(body: PeerBody, shard: Shard, residents: Residents, needs: Needs): void {
  switch (body.ask) {
    case "claim":
      return wantCell(cellKey(body.identifier), shard, residents, needs);
    case "rebind":
      return wantCell(body.cell, shard, residents, needs);
    case "merge":
    case "settle":
      return want(body.profile, shard, residents, needs);
    case "absorb":
      return want(body.winner, shard, residents, needs);
  }
}

function wantPerson(identifier: Identifier, shard: Shard, residents: Residents, needs: Needs): void {
  const key = cellKey(identifier);
  const id = residents.cell(shard, key);
  if (id === undefined) wantCell(key, shard, residents, needs);
  else if (id !== null) want(id, shard, residents, needs);
}

function wantCell(key: CellKey, shard: Shard, residents: Residents, needs: Needs): void {
  if (shardOfSlot(slotOfCell(key), residents.shards) === shard.id && residents.cell(shard, key) === undefined)
    needs.cells.add(key);
}

function want(id: ProfileId, shard: Shard, residents: Residents, needs: Needs): void {
  if (shardOfProfile(id, residents.shards) === shard.id && residents.profile(id) === undefined) needs.profiles.add(id);
}
