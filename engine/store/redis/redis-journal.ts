/** The journals in Redis: one stream a shard, appended to by a script that checks epoch and position. */
import type { Journal, AppendOutcome, AppendRequest, StoredBatch } from "../port.ts";
import type { RedisKeys } from "./keys.ts";
import { bytesOf, callScript, command, listOf, numberOf, textOf } from "./redis-commands.ts";
import type { RedisCommand, RedisReply } from "./redis-commands.ts";
import type { RedisLink } from "./redis-link.ts";
import { SCRIPTS } from "./scripts.ts";

const pageEntriesFirst = 4;
const pageEntriesMax = 256;

export interface RedisJournalOptions {
  readonly keys: RedisKeys;
  /** Appends have a connection of their own, so that no checkpoint stands before them. */
  readonly appends: RedisLink;
  readonly others: RedisLink;
  /** An append that stands already must be written again for WAIT to cover it. */
  readonly waitsForReplica: boolean;
}

export function createRedisJournal({ keys, appends, others, waitsForReplica }: RedisJournalOptions): Journal {
  function appendCommand(request: AppendRequest): RedisCommand {
    const { shard, epoch, firstPosition, count, bytes } = request;
    const last = firstPosition + count - 1;
    return callScript(
      SCRIPTS.append,
      [keys.head(shard), keys.journal(shard)],
      [epoch, firstPosition - 1, last, `${last}-${count}`, tailOf(request), asBuffer(bytes), waitsForReplica ? 1 : 0],
    );
  }

  return {
    append: async (requests) => (await appends.write(requests.map(appendCommand))).map(outcomeOf),

    async read(shard, after, bytesMax) {
      const batches: StoredBatch[] = [];
      let bytes = 0;
      let from = after;
      for (let entries = pageEntriesFirst; ; entries = Math.min(entries * 2, pageEntriesMax)) {
        const [page] = await others.read([
          command("xrange", keys.journal(shard), `${from + 1}-0`, "+", "COUNT", entries),
        ]);
        const read = listOf(page).map(batchOf);
        for (const batch of read) {
          batches.push(batch);
          bytes += batch.bytes.length;
          from = batch.firstPosition + batch.count - 1;
          if (bytes >= bytesMax) return batches;
        }
        if (read.length < entries) return batches;
      }
    },

    last: async (shard) => numberOf((await others.read([command("hget", keys.head(shard), "last")]))[0]),

    async trim(shard, upTo) {
      await others.write([command("xtrim", keys.journal(shard), "MINID", "=", `${upTo + 1}-0`)]);
    },
  };
}

function tailOf({ epoch, digest, bytes }: AppendRequest): string {
  return `${epoch}:${digest}:${bytes.length}`;
}

function outcomeOf(reply: RedisReply): AppendOutcome {
  if (reply === 0) return { is: "ok" };
  if (reply === 1) return { is: "already" };
  const [is, value] = listOf(reply);
  switch (textOf(is)) {
    case "fenced":
      return { is: "fenced", epoch: numberOf(value) };
    case "gap":
      return { is: "gap", last: numberOf(value) };
    case "conflict":
      return { is: "conflict", last: numberOf(value) };
    default:
      throw new Error(`append.2.lua answered ${textOf(is)}`);
  }
}

/** [id, ["tail", tail, "bytes", bytes]] */
function batchOf(entry: RedisReply): StoredBatch {
  const [id, fields] = listOf(entry);
  const [last = 0, count = 0] = (textOf(id) ?? "").split("-").map(Number);
  const [, tail, , bytes] = listOf(fields);
  const epoch = Number((textOf(tail) ?? "").split(":")[0]);
  return { firstPosition: last - count + 1, count, epoch, bytes: bytesOf(bytes) ?? Buffer.alloc(0) };
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
