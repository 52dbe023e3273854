/**
 * The owner of all shards alone, as a worker's thread has it, over a store that only remembers: no socket, no disk, no
 * history. For what a worker does by itself.
 */
import { createClock, createRandom, createTimers } from "../engine/create-clock.ts";
import { parseEvent } from "../engine/gateway/parse-event.ts";
import { loadPlan } from "../engine/language/port.ts";
import { slotOfCell } from "../engine/model/hash.ts";
import { cellKey } from "../engine/model/identifier.ts";
import { type NodeId, type ShardId, type SourceId, shardOfSlot } from "../engine/model/ids.ts";
import type { FrameWriter } from "../engine/shard/link-codec.ts";
import type { FromShard } from "../engine/shard/port.ts";
import { ShardHost } from "../engine/shard/shard-host.ts";
import { createReferenceStore } from "../engine/store/reference-store.ts";

const SHARDS = 8;

export interface LoneHost {
  readonly host: ShardHost;
  /** Records that were appended so far. */
  records(): number;
}

/** Owns its shards and decides by `plan` when it resolves. @param onMessage what it answers */
export async function createLoneHost(plan: Uint8Array, onMessage: (message: FromShard) => void): Promise<LoneHost> {
  const clock = createClock();
  const kept = createReferenceStore(SHARDS, () => clock.now());
  let records = 0;
  const store = {
    ...kept,
    journal: {
      ...kept.journal,
      append: async (requests: Parameters<typeof kept.journal.append>[0]) => {
        const outcomes = await kept.journal.append(requests);
        // As a store answers over a port: what has come meanwhile has its turn.
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        // Nobody drains it: only its end is of use.
        for (const { shard, firstPosition, count } of requests) {
          records += count;
          await kept.journal.trim(shard, firstPosition - 1);
        }
        return outcomes;
      },
    },
  };
  const rules = { identifiers: { phoneCountry: undefined }, trustBrowsers: false, serverKeys: new Set<string>() };
  const host = new ShardHost({
    node: "bench" as NodeId,
    store,
    history: undefined,
    loadPlan,
    parse: (body, origin) => parseEvent(body, origin, rules as unknown as Parameters<typeof parseEvent>[2]),
    clock,
    timers: createTimers(),
    random: createRandom(),
    cacheBytesMax: 2 ** 30,
    send: (_link, message) => onMessage(message),
    sendPeer: (message) => queueMicrotask(() => host.receive(0, message)),
    onShard: () => undefined,
  });
  await store.plans.put(loadPlan(plan).digest, plan);
  await host.activate(loadPlan(plan).digest);
  for (const lease of await store.leases.readLeases()) await host.claim(lease);
  return { host, records: () => records };
}

/** An event as a gateway hands it over. */
export function writeEvent(
  writer: FrameWriter,
  { request, anonymousId, body }: { readonly request: number; readonly anonymousId: string; readonly body: Uint8Array },
): void {
  writer.write({
    kind: "event",
    shard: shardOf(anonymousId),
    request,
    origin: { source: "server" as SourceId, trusted: true, visitor: undefined, receivedAt: Date.now() },
    profile: undefined,
    told: false,
    route: 0,
    decide: true,
    body,
  });
}

function shardOf(anonymousId: string): ShardId {
  return shardOfSlot(slotOfCell(cellKey({ kind: "anonymous", value: anonymousId })), SHARDS);
}
