import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDrainWrites, sameWatermark, UNDRAINED } from "../history/drain-write.ts";
import {
  BASE,
  type DrainWrite,
  type HistoryRecord,
  type HistorySeal,
  type HistoryWatermark,
  type KeptDocument,
  type KeptName,
  readLineage,
  withLineage,
} from "../history/port.ts";
import type { Position, ShardId } from "../model/ids.ts";
import { growTo } from "./grow.ts";

/** What of a history growing asks for and changes; rows are their positions and who drained them. */
class Shelf {
  readonly ends = new Map<ShardId, HistoryWatermark>();
  readonly rows = new Map<ShardId, HistoryRecord[]>();
  readonly sealed = new Map<ShardId, HistorySeal[]>();
  readonly documents = new Map<string, KeptDocument>();
  readonly takes = new Map<ShardId, string>();
  /** Called before each change. */
  before: () => void = () => undefined;

  watermarks = async () => new Map(this.ends);
  records = async (shard: ShardId, after: Position, limit: number) =>
    (this.rows.get(shard) ?? []).filter(({ position }) => position > after).slice(0, limit);
  seals = async (shard: ShardId, after: Position, limit: number) =>
    (this.sealed.get(shard) ?? []).filter(({ to }) => to > after).slice(0, limit);
  document = async ({ kind, key }: KeptName) => this.documents.get(`${kind} ${key}`);
  snapshot = async (shard: ShardId) => {
    const take = this.takes.get(shard);
    return take === undefined ? undefined : { shard, take, pages: 1, content: new Uint8Array(0) };
  };
  snapshotPage = async ({ shard, take }: { readonly shard: ShardId; readonly take: string }) =>
    this.takes.get(shard) === take ? Buffer.from(`${shard} ${take}`) : undefined;

  async drain(writes: readonly DrainWrite[]): Promise<readonly ("ok" | "moved")[]> {
    checkDrainWrites(writes);
    this.before();
    return writes.map(({ shard, from, to }) => {
      if (!sameWatermark(this.ends.get(shard) ?? UNDRAINED, from)) return "moved";
      this.ends.set(shard, to);
      return "ok";
    });
  }

  async putDocument({ kind, key }: KeptName, content: Uint8Array = new Uint8Array(0), from?: number): Promise<boolean> {
    this.before();
    const version = this.documents.get(`${kind} ${key}`)?.version ?? 0;
    if (from !== undefined && from !== version) return false;
    this.documents.set(`${kind} ${key}`, { kind, key, version: version + 1, content });
    return true;
  }

  /** As many more records of a shard, drained at once by its owner. */
  say(shard: ShardId, count: number): void {
    const { epoch, position } = this.ends.get(shard) ?? { epoch: 1, position: 0 };
    const rows = this.rows.get(shard) ?? [];
    for (let n = 1; n <= count; n++)
      rows.push({ position: position + n, instant: 0, record: Buffer.from(`${shard} ${position + n}`) });
    this.rows.set(shard, rows);
    if (count > 0)
      this.sealed.set(shard, [
        ...(this.sealed.get(shard) ?? []),
        { from: position, to: position + count, digest: `${shard}` },
      ]);
    this.ends.set(shard, { epoch, position: position + count });
  }
}

const at = (shard: number): ShardId => shard as ShardId;

describe("a history of more and more shards", () => {
  it("gives of each all that was recorded in it and in those that it came from, once and in order", async () => {
    const said = fc.array(fc.nat({ max: 6 }), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(said, said, said, fc.integer({ min: 1, max: 9 }), async (first, second, third, limit) => {
        const shelf = new Shelf();
        shelf.say(at(1), 1);
        const counts = [first.slice(0, 2), second.slice(0, 4), third];
        // What each shard is to give, by the shards that have recorded it.
        let expected: string[][] = [[], [`1 1`]];
        for (const count of counts) {
          await growTo(shelf, count.length);
          expected = count.map((_, shard) => [...(expected[shard % expected.length] ?? [])]);
          for (const [shard, more] of count.entries()) {
            shelf.say(at(shard), more);
            for (let n = 0; n < more; n++) expected[shard]?.push(`${shard} ${(expected[shard]?.length ?? 0) + 1}`);
          }
        }
        const along = await withLineage(shelf);
        for (const [shard, rows] of expected.entries()) {
          const found: string[] = [];
          for (let after = 0; ; ) {
            const page = await along.records(at(shard), after, limit);
            expect(page.length).toBeLessThanOrEqual(limit);
            found.push(...page.map(({ record }) => Buffer.from(record).toString()));
            const last = page.at(-1)?.position;
            if (last === undefined) break;
            expect(last).toBeGreaterThan(after);
            after = last;
          }
          expect(found).toEqual(rows);
          let sealed = 0;
          for (let page = await along.seals(at(shard), 0, limit); page.length > 0; ) {
            expect(page.length).toBeLessThanOrEqual(limit);
            for (const { from, to } of page) {
              expect(from).toBe(sealed);
              sealed = to;
            }
            page = await along.seals(at(shard), sealed, limit);
          }
          expect(sealed).toBe(rows.length);
        }
      }),
    );
  });

  it("has grown wherever it is cut off on the way, and whoever else does it too", async () => {
    for (let changes = 0, isDone = false; !isDone; changes++) {
      const shelf = new Shelf();
      for (const shard of [0, 1]) shelf.say(at(shard), 3 + shard);
      let left = changes;
      shelf.before = () => {
        if (left-- === 0) throw new Error("killed");
      };
      isDone = await growTo(shelf, 8).then(
        () => true,
        () => false,
      );
      left = Number.POSITIVE_INFINITY;
      // By now a shard's owner may have drained more: of those that were there as well.
      if (!isDone && shelf.ends.size === 2) shelf.say(at(0), 2);
      await Promise.all([growTo(shelf, 8), growTo(shelf, 8)]);
      const ends = [...shelf.ends.values()].map(({ position }) => position);
      expect(ends).toHaveLength(8);
      const { origins } = await readLineage(shelf);
      expect(Object.keys(origins)).toEqual(["2", "3", "4", "5", "6", "7"]);
      for (const [heir, { shard, upTo }] of Object.entries(origins)) {
        expect(shard).toBe(Number(heir) % 2);
        expect(upTo).toBe(shelf.ends.get(shard)?.position);
        expect(shelf.ends.get(at(Number(heir)))?.position).toBe(upTo);
      }
    }
  });

  it("lets a new shard begin with the snapshot and the base that the one before had by then, and with no later one", async () => {
    const shelf = new Shelf();
    for (const shard of [0, 1]) shelf.say(at(shard), 5);
    shelf.takes.set(at(1), "then");
    await growTo(shelf, 4);
    await growTo(shelf, 8);
    await shelf.putDocument({ kind: BASE, key: "1" }, Buffer.from("base"));
    let along = await withLineage(shelf);
    for (const shard of [3, 5, 7]) {
      const head = await along.snapshot(at(shard));
      expect(head).toMatchObject({ shard: 1, take: "then" });
      expect(String(await along.snapshotPage({ shard: at(shard), take: "then" }))).toBe("1 then");
      expect(String((await along.document({ kind: BASE, key: `${shard}` }))?.content)).toBe("base");
      expect(await along.document({ kind: "plan", key: `${shard}` })).toBeUndefined();
    }
    shelf.takes.set(at(1), "later");
    shelf.takes.set(at(7), "own");
    along = await withLineage(shelf);
    expect(await along.snapshot(at(5))).toBeUndefined();
    expect(await along.snapshot(at(7))).toMatchObject({ shard: 7, take: "own" });
    expect(await along.snapshot(at(0))).toBeUndefined();
  });

  it("is left as it is where it is of as many, of more, or of none", async () => {
    const shelf = new Shelf();
    await growTo(shelf, 8);
    expect(shelf.ends.size).toBe(0);
    for (const shard of [0, 1, 2, 3]) shelf.say(at(shard), 1);
    const before = new Map(shelf.ends);
    for (const shards of [1, 2, 4]) await growTo(shelf, shards);
    expect(shelf.ends).toEqual(before);
    expect((await withLineage(shelf)).lineage.grownAt(at(0))).toBeUndefined();
  });
});
