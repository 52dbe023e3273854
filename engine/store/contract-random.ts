/**
 * The contract suite's property: whatever is asked of a store, in whatever order, it answers what the reference store
 * answers. Requests are drawn relative to what stands (the next position, the present epoch and near misses), or random
 * ones would nearly all be fenced.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  batch,
  bytes,
  cell,
  checkpoint,
  contractShards,
  planDigest,
  profile,
  row,
  shard,
  text,
} from "./contract-fixtures.ts";
import type { OpenStoreUnderTest } from "./contract-fixtures.ts";
import type { NodeId, ShardId } from "../model/ids.ts";
import type { HotStore } from "./port.ts";
import { createReferenceStore } from "./reference-store.ts";

const runs = 25;
const stepsMax = 60;

/** What a step asks, made definite by the reference's present state before both stores get it. */
type Step = (reference: HotStore) => Promise<(store: HotStore) => Promise<unknown>>;

const anyShard = fc.constantFrom(shard(0), shard(5));
const anyNode = fc.constantFrom("n1" as NodeId, "n2" as NodeId);
const near = fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1);

async function lastLease(reference: HotStore, of: ShardId) {
  const lease = (await reference.leases.readLeases())[of];
  if (lease === undefined) throw new Error(`no lease of shard ${of}`);
  return lease;
}

const append = fc
  .array(fc.tuple(anyShard, near, fc.constantFrom(0, 0, 0, -1, -2, 1), fc.integer({ min: 1, max: 3 }), fc.nat(2)), {
    minLength: 1,
    maxLength: 3,
  })
  .map(
    (parts): Step =>
      async (reference) => {
        const requests = await Promise.all(
          parts.map(async ([of, epochOff, positionOff, count, content]) => {
            const { epoch } = await lastLease(reference, of);
            const next = (await reference.journal.last(of)) + 1;
            return batch(
              of,
              Math.max(0, epoch + epochOff),
              Math.max(1, next + positionOff),
              "ab".repeat(content),
              count,
            );
          }),
        );
        return (store) => store.journal.append(requests);
      },
  );

const repeatOrRead = fc.tuple(anyShard, fc.nat(12), fc.constantFrom(1, 5, 1000)).map(
  ([of, after, bytesMax]): Step =>
    async () =>
    async (store) => {
      const read = await store.journal.read(of, after, 1e6);
      const page = await store.journal.read(of, after, bytesMax);
      // Where a page ends is "about" bytesMax; that it begins and goes on rightly is exact.
      return {
        read: read.map(comparable),
        pageStart: page.slice(0, 1).map(comparable),
        last: await store.journal.last(of),
      };
    },
);

const trim = fc.tuple(anyShard, fc.nat(12)).map(
  ([of, upTo]): Step =>
    async () =>
    (store) =>
      store.journal.trim(of, upTo),
);

const write = fc
  .record({
    of: anyShard,
    epochOff: near,
    watermark: fc.nat(12),
    after: fc.constantFrom(0, 0, 0, 1, 4),
    profiles: fc.array(fc.tuple(fc.nat(5), fc.nat(2), fc.constantFrom(1, 2.5, 3, Number.POSITIVE_INFINITY)), {
      maxLength: 4,
    }),
    cells: fc.array(fc.tuple(fc.constantFrom("user:a", "user:b", "email:c"), fc.nat(5)), { maxLength: 3 }),
  })
  .map(
    ({ of, epochOff, watermark, after, profiles, cells }): Step =>
      async (reference) => {
        const { epoch } = await lastLease(reference, of);
        const piece = checkpoint(of, Math.max(0, epoch + epochOff), {
          watermark,
          after,
          meta: bytes(`meta ${watermark}`),
          profiles: profiles.map(([n, content, wakeUp]) => row(profile(of, n, n % 2), "r".repeat(content), wakeUp)),
          cells: cells.map(([key, n]) => [cell(key), profile(of, n)] as const),
        });
        return (store) => store.state.checkpoint(piece);
      },
  );

const fill = fc
  .record({
    of: anyShard,
    epochOff: near,
    profiles: fc.array(fc.tuple(fc.nat(5), fc.constantFrom(1, 2.5, Number.POSITIVE_INFINITY)), { maxLength: 4 }),
    cells: fc.array(fc.tuple(fc.constantFrom("user:a", "user:b", "email:c"), fc.nat(5)), { maxLength: 3 }),
    begun: fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { maxLength: 2 }),
    done: fc.array(fc.nat(3), { maxLength: 2 }),
  })
  .map(
    ({ of, epochOff, profiles, cells, begun, done }): Step =>
      async (reference) => {
        const { epoch } = await lastLease(reference, of);
        const piece = {
          shard: of,
          epoch: Math.max(0, epoch + epochOff),
          profiles: profiles.map(([n, wakeUp]) => row(profile(of, n, n % 2), "filled", wakeUp)),
          cells: cells.map(([key, n]) => [cell(key), profile(of, n)] as const),
          begun: begun.map(([part, note]) => [part, bytes("n".repeat(note))] as const),
          done,
        };
        return (store) => store.state.fill(piece);
      },
  );

const look = fc.tuple(anyShard, fc.constantFrom(0, 2.5, 10), fc.integer({ min: 1, max: 4 })).map(
  ([of, until, limit]): Step =>
    async () =>
    async ({ state }) => {
      const meta = await state.loadMeta(of);
      const ids = [0, 1, 2, 3, 4, 5].map((n) => profile(of, n, n % 2));
      const cells = await state.loadCells(of, ["user:a", "user:b", "email:c"].map(cell));
      const rows = (await state.loadProfiles(of, ids)).map(text);
      const scan = (await state.scan(of, undefined, 99)).map((each) => ({ ...each, row: text(each.row) }));
      const dueAt = (await state.due(of, until, limit)).map(({ at }) => at);
      const due = [...(await state.due(of, until, 99))].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
      return {
        meta: meta && { watermark: meta.watermark, meta: text(meta.meta) },
        cells,
        rows,
        scan: scan.sort((a, b) => (a.id < b.id ? -1 : 1)),
        dueAt,
        due,
        unfilled: (await state.unfilled(of)).map(([part, note]) => [part, text(note)]),
      };
    },
);

const claim = fc.tuple(anyShard, anyNode, near, near, fc.nat(6)).map(
  ([of, node, epochOff, counterOff, floor]): Step =>
    async (reference) => {
      const lease = await lastLease(reference, of);
      const seen = { ...lease, epoch: lease.epoch + epochOff, counter: lease.counter + counterOff };
      return (store) => store.leases.claim(seen, node, floor);
    },
);

const hold = fc.tuple(anyShard, anyNode, near, fc.boolean()).map(
  ([of, node, epochOff, release]): Step =>
    async (reference) => {
      const epoch = (await lastLease(reference, of)).epoch + epochOff;
      return (store) =>
        release ? store.leases.release(node, of, epoch) : store.leases.renew(node, [{ shard: of, epoch }]);
    },
);

const leases: fc.Arbitrary<Step> = fc.constant(async () => (store: HotStore) => store.leases.readLeases());

const nodes = fc.tuple(anyNode, fc.boolean()).map(
  ([node, leave]): Step =>
    async () =>
    async (store) => {
      await (leave ? store.leases.leave(node) : store.leases.announce(node, `ws://${node}`));
      return [...(await store.leases.readNodes())].sort((a, b) => (a.node < b.node ? -1 : 1));
    },
);

const plans = fc.tuple(fc.constantFrom("p1", "p2"), fc.boolean()).map(
  ([name, put]): Step =>
    async () =>
    async (store) => {
      const digest = planDigest(name);
      await (put ? store.plans.put(digest, bytes(`plan ${name}`)) : store.plans.setCurrent(digest));
      return [await store.plans.current(), text(await store.plans.get(digest))];
    },
);

const anyStep = fc.oneof(
  { weight: 6, arbitrary: append },
  { weight: 3, arbitrary: repeatOrRead },
  { weight: 1, arbitrary: trim },
  { weight: 4, arbitrary: write },
  { weight: 2, arbitrary: fill },
  { weight: 3, arbitrary: look },
  { weight: 4, arbitrary: claim },
  { weight: 2, arbitrary: hold },
  { weight: 1, arbitrary: leases },
  { weight: 1, arbitrary: nodes },
  { weight: 1, arbitrary: plans },
);

function comparable(stored: { readonly bytes: Uint8Array }) {
  return { ...stored, bytes: text(stored.bytes) };
}

export function describeRandomSequences(open: OpenStoreUnderTest): void {
  test(
    "answer what the reference store answers",
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: stepsMax }), async (steps) => {
          const reference = createReferenceStore(contractShards, () => 0);
          const whole = await open(contractShards);
          try {
            const clients = [await whole.connect(), await whole.connect()] as const;
            for (const [i, step] of steps.entries()) {
              const ask = await step(reference);
              expect(await ask(clients[i % 2 === 0 ? 0 : 1])).toEqual(await ask(reference));
            }
          } finally {
            await whole.close();
          }
        }),
        { numRuns: runs },
      ),
    60_000,
  );
}
