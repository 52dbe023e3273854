/** Leases and nodes in Redis: small scripts on the shards' heads, and one hash of nodes. */
import type { NodeId, ShardId } from "../../model/ids.ts";
import type { Leases, NodeRecord } from "../port.ts";
import type { RedisKeys } from "./keys.ts";
import { callScript, command, listOf, numberOf, textOf } from "./redis-commands.ts";
import type { RedisLink } from "./redis-link.ts";
import { SCRIPTS } from "./scripts.ts";

export interface RedisLeasesOptions {
  readonly keys: RedisKeys;
  readonly link: RedisLink;
  readonly shards: number;
}

export function createRedisLeases({ keys, link, shards }: RedisLeasesOptions): Leases {
  const all = Array.from({ length: shards }, (_, shard) => shard as ShardId);
  return {
    async readLeases() {
      const replies = await link.read(
        all.map((shard) => command("hmget", keys.head(shard), "owner", "epoch", "counter")),
      );
      return all.map((shard) => {
        const [owner, epoch, counter] = listOf(replies[shard]);
        return {
          shard,
          owner: textOf(owner) as NodeId | undefined,
          epoch: numberOf(epoch),
          counter: numberOf(counter),
        };
      });
    },

    async claim({ shard, epoch, counter }, node, epochFloor) {
      const [reply] = await link.write([
        callScript(SCRIPTS.claim, [keys.head(shard)], [epoch, counter, node, epochFloor]),
      ]);
      return reply === null ? undefined : numberOf(reply);
    },

    async renew(node, held) {
      const replies = await link.write(
        held.map(({ shard, epoch }) => callScript(SCRIPTS.renew, [keys.head(shard)], [node, epoch])),
      );
      return replies.map((reply) => reply === 1);
    },

    async release(node, shard, epoch) {
      await link.write([callScript(SCRIPTS.release, [keys.head(shard)], [node, epoch])]);
    },

    async announce(node, address) {
      await link.write([callScript(SCRIPTS.announce, [keys.nodes], [node, address])]);
    },

    async leave(node) {
      await link.write([command("hdel", keys.nodes, `address:${node}`, `counter:${node}`)]);
    },

    async readNodes() {
      const fields = listOf((await link.read([callScript(SCRIPTS.readNodes, [keys.nodes], [])]))[0]).map(textOf);
      const values = new Map(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i], fields[2 * i + 1]]));
      return [...values].flatMap(([field, value]): NodeRecord[] => {
        if (field === undefined || value === undefined || !field.startsWith("address:")) return [];
        const node = field.slice("address:".length) as NodeId;
        return [{ node, address: value, counter: Number(values.get(`counter:${node}`) ?? 0) }];
      });
    },

    async storeTime() {
      const [reply] = await link.read([{ key: keys.nodes, name: "time", args: [] }]);
      const [seconds, microseconds] = listOf(reply).map(numberOf);
      return (seconds ?? 0) * 1000 + Math.floor((microseconds ?? 0) / 1000);
    },
  };
}
