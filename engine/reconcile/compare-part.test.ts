/** What one look finds of messages between shards, merges and marks that a running engine rarely leaves open. */
import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../history/port.ts";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import type { EventName } from "../model/event.ts";
import { digestText, slotOfCell } from "../model/hash.ts";
import { cellKey, type Identifier } from "../model/identifier.ts";
import { createProfileId, type PlanDigest, type ShardId, type SourceId } from "../model/ids.ts";
import { NO_ORDERS } from "../model/orders.ts";
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import type { JournalRecord, SentRecord } from "../model/record.ts";
import { decodeProfile, encodeProfile } from "../profile/port.ts";
import { Refold, Shard } from "../shard/refold-port.ts";
import { comparePart, type PartFindings } from "./compare-part.ts";
import { readRows } from "./history-records.ts";

const SHARD = 0 as ShardId;
const NOW = Date.UTC(2026, 0, 1);
const BYTES = encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as never);
const PLAN = loadPlan(BYTES);
const VISITOR: Identifier = { kind: "anonymous", value: "visitor-1" };
const USER: Identifier = { kind: "user", value: "customer-1" };
const PERSON = createProfileId(slotOfCell(cellKey(VISITOR)), NOW, 1);
const CLAIM: SentRecord = {
  kind: "sent",
  to: SHARD,
  n: 2 ** 22 + 1,
  body: { ask: "claim", identifier: USER, profile: PERSON },
};

const BEGUN: readonly JournalRecord[] = [
  { kind: "plan", digest: PLAN.digest },
  {
    kind: "event",
    profile: PERSON,
    creates: true,
    event: {
      type: "track",
      name: "product_viewed" as EventName,
      source: "web" as SourceId,
      messageId: "m1",
      digest: digestText("m1"),
      bodyHash: 1,
      identifiers: [VISITOR],
      proved: true,
      timestamp: NOW,
      fields: {},
      body: '{"fields":{}}',
    },
  },
];

/**
 * One look at a shard whose live rows are the fold of its records, and whose small state is of the first `known` of them.
 * @param age how much later than the others the last record was made, in ms
 */
async function look(
  records: readonly JournalRecord[],
  {
    known = records.length,
    losesOutbox = false,
    age = 0,
    stored = (row) => row,
  }: { known?: number; losesOutbox?: boolean; age?: number; stored?: (row: Uint8Array) => Uint8Array } = {},
): Promise<PartFindings> {
  const instantOf = (position: number): number => NOW + (position === records.length ? age : 0);
  const rows: HistoryRecord[] = records.map((record, index) => {
    const [split] = splitBatch(encodeBatch({ firstPosition: index + 1, instant: NOW, records: [record] }));
    return { position: index + 1, instant: instantOf(index + 1), record: split?.record as Uint8Array };
  });
  const cells = new Map<string, string>();
  const refold = new Refold({
    shard: SHARD,
    shards: 1,
    plan: PLAN,
    epoch: 1,
    onCell: (key, holder) => void cells.set(key, holder),
  });
  for (const [index, record] of records.slice(0, known).entries()) {
    if (record.kind === "plan") refold.beginPlan(PLAN);
    refold.fold(record, index + 1, instantOf(index + 1));
  }
  const people = [...refold.people.values()].map((person) => refold.bring(person));
  if (losesOutbox) refold.state.peers = new Shard(SHARD, 1, PLAN).peers;
  const meta = refold.state.meta();
  const history = {
    records: async (_shard: ShardId, after: number, limit: number) =>
      rows.filter(({ position }) => position > after).slice(0, limit),
    seals: async () => [],
  };
  const found = await comparePart(
    {
      store: {
        shards: 1,
        state: {
          loadMeta: async () => ({ watermark: known, meta }),
          scan: async (_shard: ShardId, cursor: string | undefined) =>
            cursor === undefined
              ? people.map((profile) => ({
                  id: profile.id,
                  row: stored(encodeProfile(profile)),
                  wakeUp: profile.wakeUp,
                }))
              : [],
          loadProfiles: async () => [],
          loadCells: async (_shard: ShardId, keys: readonly string[]) => keys.map((key) => cells.get(key)),
        } as never,
      },
      history: {
        snapshotPage: async () => undefined,
        watermarks: async () => new Map([[SHARD, { epoch: 1, position: records.length }]]),
      },
      planOf: async (digest: PlanDigest) => (digest === PLAN.digest ? PLAN : undefined),
      now: () => NOW,
      pause: async () => undefined,
    },
    {
      shard: SHARD,
      part: 0,
      parts: 1,
      snapshot: undefined,
      rows: { parts: 1, read: (_part, upTo) => readRows(history, SHARD, { after: 0, upTo }), close: () => undefined },
      closely: undefined,
    },
  );
  if (found === "behind") throw new Error("history is behind");
  return found;
}

const answered = (n: number): JournalRecord => ({
  kind: "answered",
  to: SHARD,
  n,
  body: CLAIM.body,
  result: { is: "done" },
});

describe("one look", () => {
  it("finds nothing where a message waits for its answer, or has it", async () => {
    for (const records of [
      [...BEGUN, CLAIM],
      [...BEGUN, CLAIM, answered(CLAIM.n)],
    ]) {
      const { people, wrongCells, messages, flaws } = await look(records);
      expect({ people, wrongCells, messages, flaws }).toEqual({ people: [], wrongCells: [], messages: [], flaws: [] });
    }
  });

  it("finds a message that is neither answered nor kept, and only that", async () => {
    const { messages, people } = await look([...BEGUN, CLAIM], { losesOutbox: true });
    expect(messages).toMatchObject([{ is: "lost", n: CLAIM.n, body: CLAIM.body }]);
    expect(people).toEqual([]);
  });

  it("takes what was asked again under a new number for settled with its answer", async () => {
    const again = { ...CLAIM, n: CLAIM.n + 1 };
    expect((await look([...BEGUN, CLAIM, again, answered(again.n)], { losesOutbox: true })).messages).toEqual([]);
    expect((await look([...BEGUN, CLAIM, again], { losesOutbox: true })).messages).toMatchObject([{ n: again.n }]);
  });

  it("misses an answer that does not come for long", async () => {
    const orders = { kind: "control", orders: NO_ORDERS } as const;
    expect((await look([...BEGUN, CLAIM, orders], { age: 60_000 })).messages).toEqual([]);
    expect((await look([...BEGUN, CLAIM, orders], { age: 3_600_000 })).messages).toMatchObject([{ is: "unanswered" }]);
  });

  it("takes a row for another that cannot be read, or only its beginning, or that tells of records that nobody has", async () => {
    const far = (row: Uint8Array): Uint8Array => {
      const profile = decodeProfile(row, PLAN, PERSON);
      profile.position = 1_000_000;
      return encodeProfile(profile).subarray(0, 12);
    };
    for (const stored of [(row: Uint8Array) => row.subarray(0, 2), (row: Uint8Array) => row.subarray(0, 12), far]) {
      const { people } = await look(BEGUN, { stored });
      expect(people).toMatchObject([{ id: PERSON, is: "differs" }]);
    }
  });

  it("says nothing of what came after the checkpoint", async () => {
    const { people, wrongCells, messages } = await look([...BEGUN, CLAIM], { known: 1 });
    expect({ people, wrongCells, messages }).toEqual({ people: [], wrongCells: [], messages: [] });
  });
});
