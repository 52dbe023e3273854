/**
 * What can go wrong between two shards, and between a person and a rule, planted in the journals of real stores: a message
 * that nobody keeps any more, a merge that was done on one side only, a membership that its own rule contradicts. Each is
 * found, named and put right end to end.
 */
import { afterEach, describe, expect, it } from "vitest";
import { slotOfCell } from "../../engine/model/hash.ts";
import { cellKey } from "../../engine/model/identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../../engine/model/ids.ts";
import { BatchWriter } from "../../engine/model/record-codec.ts";
import type { JournalRecord, PeerBody } from "../../engine/model/record.ts";
import { encodeProfile, decodeProfile } from "../../engine/profile/port.ts";
import { pairMissing } from "../support/node-pair.ts";
import { type LiveAccess, type NightBrand, startNightBrand, type Stores } from "../support/night-brand.ts";
import { causesOf, expectPutRight } from "../support/night-expectations.ts";
import { sendBatch } from "../support/server-client.ts";

const SHARDS = 4;
const TEST_MS_MAX = 240_000;

/** Behind what stands in the journal, under the epoch of its last owner, as that owner would have appended it. */
async function append(
  { store }: LiveAccess,
  shard: ShardId,
  records: (next: { readonly n: number }) => readonly JournalRecord[],
): Promise<number> {
  const lease = (await store.leases.readLeases()).find((each) => each.shard === shard);
  const last = await store.journal.last(shard);
  if (lease === undefined) throw new Error(`there is no shard ${shard}`);
  const writer = new BatchWriter();
  writer.begin(last + 1, Date.now());
  for (const record of records({ n: lease.epoch * 2 ** 22 + 4_000_000 })) writer.add(record);
  const { bytes, count, digest } = writer.finish();
  const [outcome] = await store.journal.append([
    { shard, epoch: lease.epoch, firstPosition: last + 1, count, digest, bytes },
  ]);
  if (outcome?.is !== "ok") throw new Error(`the journal takes nothing: ${outcome?.is}`);
  return last + count;
}

function describeStores(stores: Stores, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`on ${stores} ${missing ?? ""}`, () => {
    let brand: NightBrand;
    afterEach(() => brand.close());

    it(
      "a lost message, half a merge and a membership against its rule are found, named and put right",
      async () => {
        brand = await startNightBrand("night-messages", stores);
        const visitors = Array.from({ length: 8 }, (_, n) => `wanderer-${n}`);
        await sendBatch(
          brand.engine,
          visitors.flatMap((anonymousId) =>
            [0, 1, 2, 3, 4].map((i) => ({
              type: "track",
              event: "Product Viewed",
              messageId: `${anonymousId}-${i}`,
              anonymousId,
              properties: { category: "shoes", price: 10 },
            })),
          ),
        );
        await brand.engine.drain();
        expect(brand.reconcile().report.drifts).toBe(0);
        const people: { readonly id: ProfileId; readonly shard: ShardId; readonly who: string }[] = [];
        for (const visitor of visitors) {
          const who = `anonymous:${visitor}`;
          const { profile: id } = await brand.profileOf(who);
          people.push({ id, shard: shardOfProfile(id, SHARDS), who });
        }
        const [winner] = people.toSorted((a, b) => (a.id.slice(3) < b.id.slice(3) ? -1 : 1)) as [(typeof people)[0]];
        const others = people.filter(({ id }) => id !== winner.id);
        const loser = others.find(({ shard }) => shard !== winner.shard) as (typeof people)[0];
        const [claimer, member] = others.filter(({ id }) => id !== loser.id) as [
          (typeof people)[0],
          (typeof people)[0],
        ];
        const email = { kind: "email", value: "lost@shop.example" } as const;
        const home = shardOfSlot(slotOfCell(cellKey(email)), SHARDS);

        await brand.spoilLive(async (live) => {
          // Given up, with the other's word that it was taken, which it never was.
          const profile = decodeProfile(await live.rowOf(loser.id), live.plan, loser.id);
          const body: PeerBody = {
            ask: "absorb",
            mergeId: "half",
            identifier: { kind: "anonymous", value: loser.who.slice("anonymous:".length) },
            user: undefined,
            loser: loser.id,
            winner: winner.id,
            state: Buffer.from(encodeProfile(profile)).toString("base64"),
          };
          const position = await append(live, loser.shard, ({ n }) => [
            { kind: "sent", to: winner.shard, n, body },
            { kind: "answered", to: winner.shard, n, body, result: { is: "done" } },
          ]);
          await live.alter(loser.id, (sealed) => {
            sealed.sealedInto = winner.id;
            sealed.position = position - 1;
          });
          // Else the two shards, greeting each other at the start, would tell that it was not taken, and send it again.
          await live.coverUpTo(loser.shard, position);
          // The records say out, and so does live; the rule says in. Not covered, should both live in one shard.
          await append(live, member.shard, () => [
            { kind: "transition", profile: member.id, segment: "shoe-lover", entered: false, epoch: 1 },
          ]);
        });
        await brand.engine.drain();
        await brand.spoilLive(async (live) => {
          // Asked, and then forgotten by whoever was to ask again.
          const body: PeerBody = { ask: "claim", identifier: email, profile: claimer.id };
          const position = await append(live, claimer.shard, ({ n }) => [{ kind: "sent", to: home, n: n + 1, body }]);
          await live.alter(claimer.id, (profile) => {
            profile.identifiers = [...profile.identifiers, { ...email, state: "pending" }];
            profile.position = position;
          });
          await live.coverUpTo(claimer.shard, position);
        });

        const expected = { contradicted_membership: 1, half_merged: 1, lost_message: 1 };
        expectPutRight(brand, expected);
        for (const args of [["--dry-run"], ["--dry-run", "--whole"]])
          expect(causesOf(brand.reconcile(...args)), args.join(" ")).toEqual({});
        expect((await brand.profileOf(loser.who)).profile).toBe(winner.id);
        expect((await brand.profileOf("email:lost@shop.example")).profile).toBe(claimer.id);
      },
      TEST_MS_MAX,
    );
  });
}

describeStores("embedded", undefined);
describeStores("Redis and PostgreSQL", pairMissing);
