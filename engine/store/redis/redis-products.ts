/** The brand's products in Redis: a line of changes in a sorted set and a hash, and the model's pieces in a hash of their own. */
import { randomUUID } from "node:crypto";
import { modelUnusedSecondsMax } from "../../limits-of-recommending.ts";
import type { Products } from "../port.ts";
import type { RedisKeys } from "./keys.ts";
import { bytesOf, callScript, command, listOf, numberOf, textOf } from "./redis-commands.ts";
import { asBuffer } from "./redis-journal.ts";
import type { RedisLink } from "./redis-link.ts";
import { SCRIPTS } from "./scripts.ts";

export function createRedisProducts(keys: RedisKeys, link: RedisLink): Products {
  const lineKeys = [keys.productLine, keys.productChanges, keys.productLineName];

  async function model(): ReturnType<Products["model"]> {
    const [version, pieces, at] = listOf(
      (await link.read([command("hmget", keys.model, "version", "pieces", "at")]))[0],
    );
    const named = textOf(version);
    return named === undefined ? undefined : { version: named, pieces: numberOf(pieces), at: numberOf(at) };
  }

  return {
    async put(changes) {
      const args = changes.flatMap(({ key, bytes }) => [key, asBuffer(bytes)]);
      const [number] = await link.write([callScript(SCRIPTS.putProducts, lineKeys, [randomUUID(), ...args])]);
      return numberOf(number);
    },
    async since(after, limit) {
      const found = listOf((await link.read([callScript(SCRIPTS.productsSince, lineKeys, [after, limit])]))[0]);
      const changes = Array.from({ length: (found.length - 2) / 3 }, (_, i) => ({
        key: textOf(found[2 + 3 * i]) ?? "",
        number: numberOf(found[3 + 3 * i]),
        bytes: bytesOf(found[4 + 3 * i]) ?? Buffer.alloc(0),
      }));
      return { line: textOf(found[0]), last: numberOf(found[1]), changes };
    },
    async putModelPiece(version, piece, bytes) {
      const pieces = keys.modelPieces(version);
      await link.write([
        command("hset", pieces, String(piece), asBuffer(bytes)),
        command("expire", pieces, modelUnusedSecondsMax),
      ]);
    },
    modelPiece: async (version, piece) =>
      bytesOf((await link.read([command("hget", keys.modelPieces(version), String(piece))]))[0]),
    async setModel({ version, pieces, at }) {
      const touched = [keys.model, keys.modelPieces(version)];
      await link.write([callScript(SCRIPTS.setModel, touched, [version, pieces, at, keys.modelPieces("")])]);
    },
    model,
  };
}
