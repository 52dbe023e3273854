/** The promises of port.ts about reading events person by person; part of the suite in contract.ts. */
import { expect, test } from "vitest";
import type { Position, ShardId } from "../model/ids.ts";
import { eventsIn } from "./event-blocks.ts";
import { person, row } from "./history-fixtures.ts";
import type { EventScan, History, HistoryRow } from "./port.ts";

const NOON = Date.UTC(2026, 0, 10, 12);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function drain(history: History, shard: number, rows: readonly HistoryRow[]): Promise<void> {
  const [from, to] = [
    { epoch: 0, position: 0 },
    { epoch: 1, position: rows.length },
  ];
  expect(await history.drain([{ shard: shard as ShardId, from, to, rows }])).toEqual(["ok"]);
}

async function eventsOf(history: History, scan: EventScan) {
  const found: (readonly [string, string])[] = [];
  for await (const block of history.events(scan))
    for (const { person: who, record } of eventsIn(block)) found.push([who, text(record)]);
  return found;
}

/** @param history of the running test */
export function testEvents(history: () => History): void {
  const event = (shard: number, position: number, profile: string, name: string, minute: number) =>
    row(shard, position, {
      profile,
      event: { name, timestamp: NOON + minute * 60_000 },
      record: Buffer.from(`${profile}/${name}/${minute}`),
    });
  const merge = (shard: number, position: number, loser: string, winner: string) =>
    row(shard, position, { merge: { loser: person(loser), winner: person(winner) } });

  test("events come person by person, in order of their own time, whatever shard and order they were drained in", async () => {
    await drain(history(), 0, [
      event(0, 1, "b", "bought", 5),
      event(0, 2, "a", "seen", 9),
      event(0, 3, "a", "bought", 1),
      event(0, 4, "a", "left", 2),
    ]);
    await drain(history(), 5, [event(5, 1, "a", "bought", 3), event(5, 2, "c", "seen", 0)]);
    expect(await eventsOf(history(), { names: ["bought", "seen"] })).toEqual([
      [person("a"), "a/bought/1"],
      [person("a"), "a/bought/3"],
      [person("a"), "a/seen/9"],
      [person("b"), "b/bought/5"],
      [person("c"), "c/seen/0"],
    ]);
    expect(await history().countEvents(["bought", "seen", "nothing"])).toBe(5);
    expect(await history().countEvents([])).toBe(0);
    expect((await eventsOf(history(), {})).map(([, record]) => record)).toEqual([
      "a/bought/1",
      "a/left/2",
      "a/bought/3",
      "a/seen/9",
      "b/bought/5",
      "c/seen/0",
    ]);
    expect(await eventsOf(history(), { names: ["nothing"] })).toEqual([]);
    expect(await eventsOf(history(), { names: [] })).toEqual([]);
  });

  test("who has become one is one, over any number of merges and whenever they were recorded", async () => {
    await drain(history(), 0, [
      event(0, 1, "d", "bought", 1),
      merge(0, 2, "c", "b"),
      merge(0, 3, "c", "b"),
      event(0, 4, "a", "bought", 3),
      event(0, 5, "b", "bought", 4),
    ]);
    await drain(history(), 1, [merge(1, 1, "d", "c"), event(1, 2, "c", "bought", 2)]);
    expect(await eventsOf(history(), { names: ["bought"] })).toEqual([
      [person("a"), "a/bought/3"],
      [person("b"), "d/bought/1"],
      [person("b"), "c/bought/2"],
      [person("b"), "b/bought/4"],
    ]);
  });

  test("that people came to holdouts is told with events, of whoever they are now, where it is asked for", async () => {
    const exposed = (shard: number, position: number, profile: string): HistoryRow => ({
      ...row(shard, position, { profile, record: Buffer.from(`${profile}/exposed`) }),
      kind: "exposed",
    });
    await drain(history(), 0, [
      event(0, 1, "b", "bought", 1),
      event(0, 2, "b", "seen", 2),
      exposed(0, 3, "b"),
      exposed(0, 4, "a"),
      merge(0, 5, "c", "b"),
    ]);
    await drain(history(), 1, [exposed(1, 1, "c")]);
    const asked = async (scan: EventScan) => (await eventsOf(history(), scan)).map((found) => found.join(" ")).sort();
    expect(await asked({ names: ["bought"], exposures: true })).toEqual(
      [
        `${person("a")} a/exposed`,
        `${person("b")} b/bought/1`,
        `${person("b")} b/exposed`,
        `${person("b")} c/exposed`,
      ].sort(),
    );
    expect((await eventsOf(history(), { names: ["bought"], exposures: true })).map(([who]) => who)).toEqual(
      ["a", "b", "b", "b"].map(person),
    );
    expect(await asked({ names: ["bought"] })).toEqual([`${person("b")} b/bought/1`]);
    expect(await asked({ names: [], exposures: true })).toHaveLength(3);
    expect(await asked({ names: ["bought"], exposures: true, profiles: [person("a")] })).toEqual([
      `${person("a")} a/exposed`,
    ]);
  });

  test("some people's are theirs alone, by whatever profile they were recorded under", async () => {
    await drain(history(), 0, [event(0, 1, "b", "bought", 1), event(0, 2, "a", "bought", 2), merge(0, 3, "c", "b")]);
    await drain(history(), 1, [event(1, 1, "c", "bought", 3), event(1, 2, "d", "bought", 4)]);
    const of = async (...profiles: string[]) =>
      (await eventsOf(history(), { names: ["bought"], profiles: profiles.map(person) })).map(([, record]) => record);
    expect(await of("b", "c")).toEqual(["b/bought/1", "c/bought/3"]);
    expect(await of("a")).toEqual(["a/bought/2"]);
    expect(await of("e")).toEqual([]);
    expect(await of()).toEqual([]);
  });

  test("records of some kinds are given whole, in order of shard and position", async () => {
    await drain(history(), 3, [merge(3, 1, "a", "b"), event(3, 2, "b", "bought", 1)]);
    await drain(history(), 1, [event(1, 1, "b", "bought", 1), merge(1, 2, "c", "b"), row(1, 3)]);
    const found = await history().recordsOf(["received", "plan"]);
    expect(found.map(({ shard, position }) => [shard, position])).toEqual([
      [1, 2],
      [1, 3],
      [3, 1],
    ]);
    expect(Buffer.from(found[1]?.record ?? [])).toEqual(Buffer.from(row(1, 3).record));
    expect(await history().recordsOf(["warmed"])).toEqual([]);
  });

  test("the latest records of some kinds are given newest first, and no more than are asked for", async () => {
    await drain(history(), 3, [merge(3, 1, "a", "b"), event(3, 2, "b", "bought", 1)]);
    await drain(history(), 1, [event(1, 1, "b", "bought", 1), merge(1, 2, "c", "b"), row(1, 3)]);
    const all = await history().latestOf(["received", "plan"], 10);
    expect(all.map(({ instant }) => instant)).toEqual(all.map(({ instant }) => instant).toSorted((a, b) => b - a));
    expect(all).toHaveLength(3);
    expect(all.some(({ record }) => Buffer.from(record).equals(Buffer.from(row(1, 3).record)))).toBe(true);
    expect(await history().latestOf(["received", "plan"], 2)).toEqual(all.slice(0, 2));
    expect(await history().latestOf(["warmed"], 10)).toEqual([]);
    // One page after the other says the same, also where instants are the same.
    const paged: (typeof all)[number][] = [];
    for (;;) {
      const page = await history().latestOf(["received", "plan"], 1, paged.at(-1));
      paged.push(...page);
      if (page.length === 0) break;
    }
    expect(paged).toEqual(all);
  });

  test("positions bound what is read, and a shard without a bound is left out", async () => {
    await drain(history(), 0, [event(0, 1, "a", "bought", 1), event(0, 2, "a", "bought", 2)]);
    await drain(history(), 1, [event(1, 1, "a", "bought", 3)]);
    const upTo = (...bounds: [number, Position][]) => new Map(bounds.map(([shard, at]) => [shard as ShardId, at]));
    const ofBought = async (bounds: ReadonlyMap<ShardId, Position>) =>
      (await eventsOf(history(), { names: ["bought"], upTo: bounds })).map(([, record]) => record);
    expect(await ofBought(upTo([0, 1]))).toEqual(["a/bought/1"]);
    expect(await ofBought(upTo([0, 9], [1, 1]))).toEqual(["a/bought/1", "a/bought/2", "a/bought/3"]);
    expect(await ofBought(upTo())).toEqual([]);
  });

  test("many events come in several blocks, and who stops early stops the read", async () => {
    const many = Array.from({ length: 9_000 }, (_, index) =>
      row(0, index + 1, {
        profile: (index % 7).toString(),
        event: { name: "bought", timestamp: NOON + index },
        record: Buffer.alloc(120, 65 + (index % 7)),
      }),
    );
    await drain(history(), 0, many);
    let blocks = 0;
    let rows = 0;
    for await (const { people } of history().events({ names: ["bought"] })) {
      blocks += 1;
      rows += people.length;
    }
    expect(rows).toBe(9_000);
    expect(blocks).toBeGreaterThan(1);
    for await (const { people } of history().events({ names: ["bought"] })) {
      expect(people.length).toBeGreaterThan(0);
      break;
    }
    await drain(history(), 1, [event(1, 1, "a", "bought", 1)]);
    expect((await history().totals()).events).toBe(9_001);
  });

  test("what is drained during a read does not appear in it, and neither waits for the other", async () => {
    await drain(history(), 0, [event(0, 1, "a", "bought", 1)]);
    const read = history()
      .events({ names: ["bought"] })
      [Symbol.asyncIterator]();
    const first = await read.next();
    await drain(history(), 1, [event(1, 1, "b", "bought", 1)]);
    const rest = await read.next();
    expect(first.done).toBe(false);
    expect(rest.done).toBe(true);
  });
}
