/** What a recovery makes of rows that are ahead of the records which it folds. */
import { expect, test } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import type { Event } from "../model/event.ts";
import { createProfileId, type NodeId, type ProfileId, type ShardId, type Slot } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord } from "../model/record.ts";
import { BatchWriter } from "../model/record-codec.ts";
import { applyEvent, bindIdentifier, createProfile, encodeProfile, saySame } from "../profile/port.ts";
import { createEvent, NOW } from "../profile/profile-fixtures.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import { recover } from "./recovery.ts";
import { Residents } from "./residents.ts";
import { Shard } from "./shard.ts";

const SHARD = 0 as ShardId;
const FILES = [
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {price: money}\n" },
  { path: "segments/looker.yaml", text: "segment: looker\nwhen: count of product_viewed in last 7 days >= 2\n" },
];
const OLD = planOf(FILES);
const NEW = planOf([
  ...FILES,
  { path: "segments/spender.yaml", text: "segment: spender\nwhen: sum of product_viewed.price in last 7 days >= 50\n" },
]);

function planOf(files: typeof FILES): Plan {
  return loadPlan(encodePlan(checkRules(files).plan as never));
}

function personOf(n: number): { readonly id: ProfileId; readonly event: Event } {
  const event = createEvent(`m${n}`, NOW - n, { name: "product_viewed", fields: { price: 20 } });
  const identifiers = [{ kind: "anonymous", value: `a${n}` }] as const;
  return { id: createProfileId(0 as Slot, 0, n), event: { ...event, identifiers } };
}

test("a row that a new plan has been at keeps what that plan reads, where records of the plan before are folded first", async () => {
  const store = createReferenceStore(1, () => NOW);
  const [seen] = await store.leases.readLeases();
  if (seen === undefined) throw new Error("there is no shard");
  const epoch = (await store.leases.claim(seen, "n1" as NodeId, 1)) ?? 0;
  const [late, ahead] = [personOf(1), personOf(2)];
  const records: readonly JournalRecord[] = [
    { kind: "plan", digest: OLD.digest },
    { kind: "event", profile: late.id, creates: true, event: late.event },
    { kind: "plan", digest: NEW.digest },
    { kind: "event", profile: ahead.id, creates: true, event: ahead.event },
  ];
  const writer = new BatchWriter();
  writer.begin(1, NOW);
  for (const record of records) writer.add(record);
  await store.journal.append([{ shard: SHARD, epoch, firstPosition: 1, ...writer.finish() }]);

  // Stored while the other one, who came before the plan, is not.
  const stored = createProfile(ahead.id, NEW);
  for (const identifier of ahead.event.identifiers) bindIdentifier(stored, identifier, "bound");
  applyEvent(stored, ahead.event, NOW);
  stored.position = 4;
  const row = encodeProfile(stored);
  const before = new Shard(SHARD, epoch, NEW);
  before.position = 4;
  before.plans = [
    [1, OLD.digest],
    [3, NEW.digest],
  ];
  const piece = { shard: SHARD, epoch, watermark: 1, after: 0, journalEnd: 4, meta: before.meta() };
  const profiles = [{ id: ahead.id, row, wakeUp: Number.POSITIVE_INFINITY }];
  expect(await store.state.checkpoint({ ...piece, profiles, cells: [], forgotten: [] })).toBe("ok");

  const residents = new Residents(store, 64 * 1024 * 1024, { random: { below: () => 1 } });
  const recovered = await recover({
    ...{ shard: SHARD, epoch, store, history: undefined, residents, retained: undefined, unbroken: false },
    onOutdone: () => undefined,
    plan: NEW,
    planOf: async (digest) => (digest === OLD.digest ? OLD : NEW),
    timers: { after: () => () => undefined },
    wanted: () => true,
    planted: {},
  });
  expect(recovered).toMatchObject({ position: 4, plan: NEW });
  const found = residents.profile(ahead.id);
  expect(found?.plan).toBe(NEW);
  expect(found != null && saySame(encodeProfile(found), row)).toBe(true);
  expect(residents.profile(late.id)?.plan).toBe(NEW);
});
