/** A shard's state in Redis: rows in one hash a slot, cells in one hash, wake-ups in a sorted set. */
import { shardOfSlot, SLOTS, slotOfProfile } from "../../model/ids.ts";
import type { ProfileId, ShardId, Slot } from "../../model/ids.ts";
import type { CellKey } from "../../model/identifier.ts";
import { RECEIPT_CELL_PREFIX } from "../../model/receipt.ts";
import type { CheckpointWrite, FillWrite, ShardState, StoredProfile } from "../port.ts";
import { cellField, profileMember, profileOfMember } from "./keys.ts";
import type { RedisKeys } from "./keys.ts";
import { bytesOf, callScript, command, listOf, numberOf, textOf } from "./redis-commands.ts";
import type { RedisArgument, RedisCommand, RedisReply } from "./redis-commands.ts";
import { asBuffer } from "./redis-journal.ts";
import type { RedisLink } from "./redis-link.ts";
import { SCRIPTS } from "./scripts.ts";

/** Slots that one listing looks at: some microseconds of Redis when they are empty. */
const scanSlotsMax = 128;

export interface RedisStateOptions {
  readonly keys: RedisKeys;
  readonly link: RedisLink;
  readonly shards: number;
}

export function createRedisState({ keys, link, shards }: RedisStateOptions): ShardState {
  function loadCommand(shard: ShardId, ids: readonly ProfileId[]): RedisCommand {
    const slots = new SlotKeys(keys, shard);
    const args = ids.flatMap((id) => [slots.numberOf(id), profileMember(id)]);
    return callScript(SCRIPTS.loadProfiles, slots.keys, args);
  }

  /** Ids of the shard's slots from `slot` on until there are `enough`, in order, and the slot to go on with. */
  async function listFrom(shard: ShardId, slot: number, enough: number) {
    const slots: number[] = [];
    for (let next = slot; next < SLOTS && slots.length < scanSlotsMax; next += shards) slots.push(next);
    const hashes = slots.map((each) => keys.profiles(shard, each as Slot));
    const lists = listOf((await link.read([callScript(SCRIPTS.listProfiles, hashes, [enough])]))[0]);
    const ids = lists.flatMap((list) => listOf(list).flatMap(idOf).sort());
    return { ids, next: slot + lists.length * shards };
  }

  return {
    async checkpoint(write) {
      const [reply] = await link.write([checkpointCommand(keys, write)]);
      return reply === 0 ? "ok" : reply === 1 ? "fenced" : "gap";
    },

    async fill(write) {
      const [reply] = await link.write([fillCommand(write)]);
      return reply === 0 ? "ok" : "fenced";
    },

    async unfilled(shard) {
      const [reply] = await link.read([command("hmget", keys.unfilled(shard), ...PARTS)]);
      return listOf(reply).flatMap((note, part) => {
        const bytes = bytesOf(note);
        return bytes === undefined ? [] : [[part, bytes] as const];
      });
    },

    async loadMeta(shard) {
      const [reply] = await link.read([command("hmget", keys.state(shard), "watermark", "meta")]);
      const [watermark, meta] = listOf(reply);
      const bytes = bytesOf(meta);
      return bytes && { watermark: numberOf(watermark), meta: bytes };
    },

    async loadProfiles(shard, ids) {
      if (ids.length === 0) return [];
      const rows = listOf((await link.read([loadCommand(shard, ids)]))[0]);
      return ids.map((_, i) => bytesOf(rows[i]));
    },

    async loadCells(shard, cells) {
      if (cells.length === 0) return [];
      const [reply] = await link.read([command("hmget", keys.cells(shard), ...cells.map(cellField))]);
      return listOf(reply).map((member) => idOf(member)[0]);
    },

    async due(shard, until, limit) {
      const [reply] = await link.read([
        command("zrange", keys.wakeUps(shard), "-inf", score(until), "BYSCORE", "LIMIT", 0, limit, "WITHSCORES"),
      ]);
      const pairs = listOf(reply);
      return Array.from({ length: pairs.length / 2 }, (_, i) => ({
        id: profileOfMember(bytesOf(pairs[2 * i]) ?? Buffer.alloc(0)),
        at: numberOf(pairs[2 * i + 1]),
      }));
    },

    async scan(shard, cursor, limit) {
      const found: ProfileId[] = [];
      let slot: number = cursor === undefined ? shard : slotOfProfile(cursor);
      while (found.length < limit && slot < SLOTS) {
        // The cursor's own slot holds ids before it too, so its list must be whole before it is cut.
        const { ids, next } = await listFrom(shard, slot, limit - found.length);
        found.push(...ids.filter((id) => cursor === undefined || id > cursor));
        slot = next;
      }
      const ids = found.slice(0, limit);
      if (ids.length === 0) return [];
      const scores = command("zmscore", keys.wakeUps(shard), ...ids.map(profileMember));
      const [rows, wakeUps] = await link.read([loadCommand(shard, ids), scores]);
      return ids.flatMap((id, i) => storedProfile(id, listOf(rows)[i], listOf(wakeUps)[i]));
    },

    async scanMarks(shard, cursor, limit) {
      const [reply] = await link.read([
        command("hscan", keys.cells(shard), cursor ?? "0", "MATCH", `${RECEIPT_CELL_PREFIX}*`, "COUNT", limit),
      ]);
      const [next, found] = listOf(reply);
      const pairs = listOf(found);
      const cells = Array.from({ length: pairs.length / 2 }, (_, i) => i * 2).flatMap((i) =>
        idOf(pairs[i + 1] ?? null).map((mark) => [(textOf(pairs[i]) ?? "") as CellKey, mark] as const),
      );
      const at = textOf(next) ?? "0";
      return { cells, next: at === "0" ? undefined : at };
    },
  };

  function checkpointCommand(of: RedisKeys, write: CheckpointWrite): RedisCommand {
    const { shard, epoch, watermark, after, journalEnd, meta, profiles, cells, forgotten } = write;
    const first = [of.head(shard), of.state(shard), of.wakeUps(shard), of.cells(shard)];
    const slots = new SlotKeys(of, shard, first);
    const args: RedisArgument[] = [epoch, watermark, asBuffer(meta), profiles.length, after, journalEnd, cells.length];
    pushRows(args, slots, { shard, profiles, cells: [...cells, ...forgotten] });
    return callScript(SCRIPTS.checkpoint, slots.keys, args);
  }

  function fillCommand({ shard, epoch, profiles, cells, begun, done }: FillWrite): RedisCommand {
    const first = [keys.head(shard), keys.unfilled(shard), keys.wakeUps(shard), keys.cells(shard)];
    const slots = new SlotKeys(keys, shard, first);
    const args: RedisArgument[] = [epoch, profiles.length, cells.length, begun.length];
    pushRows(args, slots, { shard, profiles, cells });
    for (const [part, note] of begun) args.push(part, asBuffer(note));
    args.push(...done);
    return callScript(SCRIPTS.fill, slots.keys, args);
  }

  function pushRows(
    args: RedisArgument[],
    slots: SlotKeys,
    { shard, profiles, cells }: Pick<CheckpointWrite, "shard" | "profiles" | "cells">,
  ): void {
    for (const { id, wakeUp, row } of profiles) {
      if (shardOfSlot(slotOfProfile(id), shards) !== shard)
        throw new RangeError(`profile ${id} is not of shard ${shard}`);
      args.push(slots.numberOf(id), profileMember(id), wakeUp === Number.POSITIVE_INFINITY ? "" : score(wakeUp));
      args.push(asBuffer(row));
    }
    for (const [cell, id] of cells) args.push(cellField(cell), profileMember(id));
  }
}

/** Of a shard's parts all numbers that there may be. */
const PARTS = Array.from({ length: 256 }, (_, part) => part);

/** Keys of a script that touches several slots' hashes, each once, numbered from 1 as Lua does. */
class SlotKeys {
  readonly keys: string[];
  readonly #ofShard: (slot: Slot) => string;
  readonly #numbers = new Map<Slot, number>();

  constructor(keys: RedisKeys, shard: ShardId, first: readonly string[] = []) {
    this.keys = [...first];
    this.#ofShard = (slot) => keys.profiles(shard, slot);
  }

  numberOf(id: ProfileId): number {
    const slot = slotOfProfile(id);
    const known = this.#numbers.get(slot);
    if (known !== undefined) return known;
    const number = this.keys.push(this.#ofShard(slot));
    this.#numbers.set(slot, number);
    return number;
  }
}

function score(instant: number): string {
  if (instant === Number.POSITIVE_INFINITY) return "+inf";
  return instant === Number.NEGATIVE_INFINITY ? "-inf" : String(instant);
}

function idOf(member: RedisReply): readonly ProfileId[] {
  const bytes = bytesOf(member);
  return bytes === undefined ? [] : [profileOfMember(bytes)];
}

function storedProfile(id: ProfileId, row: RedisReply | undefined, wakeUp: RedisReply | undefined): StoredProfile[] {
  const bytes = bytesOf(row);
  const at = textOf(wakeUp);
  return bytes === undefined
    ? []
    : [{ id, row: bytes, wakeUp: at === undefined ? Number.POSITIVE_INFINITY : Number(at) }];
}
