/** The promises of port.ts about seals, documents and snapshots; part of the suite in contract.ts, which every adapter runs. */
import { expect, test } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { journalRows, person, row } from "./history-fixtures.ts";
import type { History, ReplacedRecord } from "./port.ts";
import { SealWriter } from "./seal.ts";

export function testKept(fixture: () => { readonly history: History; reopen(): Promise<History> }): void {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const textOf = (content: Uint8Array | undefined): string | undefined =>
    content === undefined ? undefined : new TextDecoder().decode(content);

  test("each write of a drain has a seal over the very records that are read back", async () => {
    const { history } = fixture();
    const rows = journalRows(2, 1, 30);
    const shard = 2 as ShardId;
    const at = (position: number) => ({ epoch: position === 0 ? 0 : 1, position });
    await history.drain([{ shard, from: at(0), to: at(12), rows: rows.slice(0, 12) }]);
    await history.drain([{ shard, from: at(12), to: at(30), rows: rows.slice(12) }]);
    await history.drain([{ shard, from: at(12), to: at(30), rows: rows.slice(12) }]);
    const again = await fixture().reopen();
    const seals = await again.seals(shard, 0, 100);
    expect(seals.map(({ from, to }) => [from, to])).toEqual([
      [0, 12],
      [12, 30],
    ]);
    const read = await again.records(shard, 0, 100);
    for (const { from, to, digest } of seals) {
      const seal = new SealWriter();
      for (const { position, record } of read) if (position > from && position <= to) seal.add(record);
      expect(seal.finish()).toBe(digest);
    }
    expect((await again.seals(shard, 12, 100)).map(({ from }) => from)).toEqual([12]);
    expect((await again.seals(shard, 11, 100)).map(({ from }) => from)).toEqual([0, 12]);
    expect((await again.seals(shard, 0, 1)).map(({ from }) => from)).toEqual([0]);
    expect(await again.seals(3 as ShardId, 0, 100)).toEqual([]);
    expect(await again.removeRepeated(shard, 4)).toBe(0);
    expect(await again.records(shard, 0, 100)).toHaveLength(30);
  });

  test("a document is put where it stands as it was seen, and nowhere else", async () => {
    const { history } = fixture();
    const name = { kind: "night", key: "2026-01-01" };
    expect(await history.document(name)).toBeUndefined();
    expect(await history.putDocument(name, bytes("lost"), 1)).toBe(false);
    expect(await history.putDocument(name, bytes("one"), 0)).toBe(true);
    expect(await history.putDocument(name, bytes("again"), 0)).toBe(false);
    expect(await history.putDocument(name, bytes("two"), 1)).toBe(true);
    expect(await history.putDocument(name, bytes("three"))).toBe(true);
    const again = await fixture().reopen();
    const found = await again.document(name);
    expect([found?.version, textOf(found?.content)]).toEqual([3, "three"]);
    expect(await again.putDocument(name, undefined, 2)).toBe(false);
    expect(await again.putDocument(name, undefined, 3)).toBe(true);
    expect(await again.document(name)).toBeUndefined();
  });

  test("of two that put a document at once, one does", async () => {
    const { history } = fixture();
    const name = { kind: "duty", key: "night" };
    const both = await Promise.all([
      history.putDocument(name, bytes("a"), 0),
      history.putDocument(name, bytes("b"), 0),
    ]);
    expect(both.filter(Boolean)).toHaveLength(1);
  });

  test("of some people all rows up to a position of each go, and nobody else's", async () => {
    const { history } = fixture();
    const shard = 2 as ShardId;
    const event = (at: number, who: string) => row(2, at, { profile: who, event: { name: "seen" } });
    const left = row(2, 4, { profile: "a", transition: { segment: "s", entered: false } });
    const rows = [event(1, "a"), event(2, "b"), event(3, "c"), left, event(5, "b"), event(6, "a")];
    const [from, to] = [
      { epoch: 0, position: 0 },
      { epoch: 1, position: 6 },
    ];
    await history.drain([{ shard, from, to, rows }]);
    await history.drain([
      { shard: 3 as ShardId, from, to: { epoch: 1, position: 1 }, rows: [row(3, 1, { profile: "a" })] },
    ]);
    const people = [
      { profile: person("a"), upTo: 4 },
      { profile: person("b"), upTo: 2 },
      { profile: person("d"), upTo: 9 },
    ];
    expect(await history.removePeople(shard, people)).toBe(3);
    const again = await fixture().reopen();
    expect((await again.records(shard, 0, 10)).map(({ position }) => position)).toEqual([3, 5, 6]);
    expect((await again.records(3 as ShardId, 0, 10)).map(({ position }) => position)).toEqual([1]);
    expect(await again.removePeople(shard, people)).toBe(0);
    expect(await again.removePeople(shard, [])).toBe(0);
  });

  test("documents come by kind, the greatest key first", async () => {
    const { history } = fixture();
    for (const key of ["2026-01-02", "2026-01-01", "2026-01-03"])
      await history.putDocument({ kind: "night", key }, bytes(key));
    await history.putDocument({ kind: "plan", key: "z" }, bytes("z"));
    expect((await history.documents("night", 2)).map(({ key }) => key)).toEqual(["2026-01-03", "2026-01-02"]);
  });

  test("a snapshot is there when it is finished, whole, and then it is the only one", async () => {
    const { history } = fixture();
    const first = { shard: 2 as ShardId, take: "one" };
    const second = { shard: 2 as ShardId, take: "two" };
    const elsewhere = { shard: 3 as ShardId, take: "one" };
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256);
    await history.putSnapshotPage(first, 0, bytes("torn"));
    await history.putSnapshotPage(first, 0, large);
    expect(await history.finishSnapshot({ ...first, pages: 2, content: bytes("head") })).toBe(false);
    expect(await history.snapshot(first.shard)).toBeUndefined();
    await history.putSnapshotPage(first, 1, bytes(""));
    await history.putSnapshotPage(elsewhere, 0, bytes("other"));
    expect(await history.finishSnapshot({ ...first, pages: 2, content: bytes("head") })).toBe(true);
    await history.putSnapshotPage(second, 0, bytes("begun"));

    const again = await fixture().reopen();
    const head = await again.snapshot(first.shard);
    expect([head?.take, head?.pages, textOf(head?.content)]).toEqual(["one", 2, "head"]);
    expect(Buffer.compare((await again.snapshotPage(first, 0)) as Uint8Array, large)).toBe(0);
    expect(textOf(await again.snapshotPage(first, 1))).toBe("");
    expect(await again.snapshotPage(first, 2)).toBeUndefined();

    expect(await again.finishSnapshot({ ...second, pages: 1, content: bytes("next") })).toBe(true);
    expect((await again.snapshot(first.shard))?.take).toBe("two");
    expect(await again.snapshotPage(first, 0)).toBeUndefined();
    expect(textOf(await again.snapshotPage(elsewhere, 0))).toBe("other");
    expect(await again.snapshot(elsewhere.shard)).toBeUndefined();
  });

  test("pages of a snapshot that was never finished go, and those that are to stay do not", async () => {
    const { history } = fixture();
    const takes = ["stands", "base", "cut off", "as well"].map((take) => ({ shard: 2 as ShardId, take }));
    const elsewhere = { shard: 3 as ShardId, take: "cut off" };
    for (const name of takes.slice(0, 1)) await history.putSnapshotPage(name, 0, bytes(name.take));
    await history.finishSnapshot({ shard: 2 as ShardId, take: "stands", pages: 1, content: bytes("") });
    for (const name of [...takes.slice(1), elsewhere]) await history.putSnapshotPage(name, 0, bytes(name.take));
    await history.forgetPages(2 as ShardId, ["base", "none such"]);
    const again = await fixture().reopen();
    const left: (string | undefined)[] = [];
    for (const name of [...takes, elsewhere]) left.push(textOf(await again.snapshotPage(name, 0)));
    expect(left).toEqual(["stands", "base", undefined, undefined, "cut off"]);
    await again.forgetPages(2 as ShardId, []);
    expect(await again.snapshotPage({ shard: 2 as ShardId, take: "base" }, 0)).toBeUndefined();
    expect(textOf(await again.snapshotPage({ shard: 2 as ShardId, take: "stands" }, 0))).toBe("stands");
  });

  test("of two snapshots that are taken at once one is finished", async () => {
    const { history } = fixture();
    const takes = ["a", "b"].map((take) => ({ shard: 1 as ShardId, take }));
    for (const take of takes) await history.putSnapshotPage(take, 0, bytes(take.take));
    const done = await Promise.all(
      takes.map((take) => history.finishSnapshot({ ...take, pages: 1, content: bytes(take.take) })),
    );
    expect(done.filter(Boolean)).toHaveLength(1);
    const head = await history.snapshot(1 as ShardId);
    expect(textOf(await history.snapshotPage(head as never, 0))).toBe(textOf(head?.content));
  });
}

export function testAged(fixture: () => { readonly history: History; reopen(): Promise<History> }): void {
  test("of events that are too old those go that say a trait, or all of a name, and nothing else", async () => {
    const { history } = fixture();
    const shard = 2 as ShardId;
    const said = (at: number, fields: object, name = "identified") =>
      row(2, at, { profile: "a", instant: at * 1000, event: { name, body: JSON.stringify({ fields }) } });
    const rows = [
      said(1, { city: "Lyon", "a.b": 1 }),
      said(2, { city: null }),
      said(3, { town: "Lyon", nested: { city: "Lyon" } }),
      said(4, { city: "" }, "seen"),
      said(5, { city: 0 }),
      said(6, { "a.b": false }),
      said(7, { city: "Nice" }),
      row(2, 8, { profile: "a", instant: 1000, transition: { segment: "city", entered: true } }),
      // A receipt of nobody says what an event would, and stays as all receipts do.
      row(2, 9, { kind: "receipt", instant: 1000, event: { name: "seen", body: "{}" } }),
    ];
    const [from, to] = [
      { epoch: 0, position: 0 },
      { epoch: 1, position: 9 },
    ];
    await history.drain([{ shard, from, to, rows }]);
    const city = { name: "identified", before: 6_900, trait: "city" };
    const dotted = { name: "identified", before: 100_000, trait: "a.b" };
    const seen = { name: "seen", before: 100_000 };
    const scan = { shard, upTo: 9, acceptedBefore: 100_000, events: [city, dotted, seen] };
    expect(await history.countAged(scan)).toEqual([
      { name: "identified", trait: "a.b", rows: 2 },
      { name: "identified", trait: "city", rows: 2 },
      { name: "seen", trait: undefined, rows: 1 },
    ]);
    expect(await history.removeAged({ ...scan, upTo: 4, events: [city] }, 10)).toBe(1);
    expect(await history.removeAged({ ...scan, events: [city] }, 10)).toBe(1);
    expect(await history.removeAged({ ...scan, events: [dotted] }, 10)).toBe(1);
    expect(await history.removeAged({ ...scan, events: [seen] }, 10)).toBe(1);
    const again = await fixture().reopen();
    expect((await again.records(shard, 0, 10)).map(({ position }) => position)).toEqual([2, 3, 7, 8, 9]);
    expect(await again.countAged(scan)).toEqual([]);
  });

  test("records say less from here on in place of what stood there, and all beside them stays", async () => {
    const { history } = fixture();
    const shard = 2 as ShardId;
    const at = (position: number, record: string) => row(2, position, { profile: "a", record: Buffer.from(record) });
    const rows = [at(1, "one and more"), at(2, "two"), at(3, "three and more"), at(4, "four")];
    const [from, to] = [
      { epoch: 0, position: 0 },
      { epoch: 1, position: 4 },
    ];
    await history.drain([{ shard, from, to, rows }]);
    const other = [row(3, 1, { record: Buffer.from("of another shard") })];
    await history.drain([{ shard: 3 as ShardId, from, to: { epoch: 1, position: 1 }, rows: other }]);
    // A view into something larger, and bytes that are no text.
    const [inner, strange] = [Buffer.from("[one]").subarray(1, 4), Uint8Array.of(0, 255, 92, 0)];
    const instantOf = (position: number) => at(position, "").instant;
    const fresh: readonly ReplacedRecord[] = [
      { position: 1, instant: instantOf(1), record: inner },
      { position: 3, instant: instantOf(3), record: strange },
      { position: 9, instant: instantOf(4), record: Buffer.from("nobody's") },
    ];
    const kind = "plan";
    expect(await history.replaceRecords(shard, kind, fresh)).toBe(2);
    expect(await history.replaceRecords(shard, "decided", [{ ...fresh[0], position: 2 } as ReplacedRecord])).toBe(0);
    expect(await history.replaceRecords(shard, kind, [])).toBe(0);
    const again = await fixture().reopen();
    const read = async (of: number) =>
      (await again.records(of as ShardId, 0, 10)).map(({ position, instant, record }) => [
        position,
        instant,
        Buffer.from(record).toString("hex"),
      ]);
    expect(await read(2)).toEqual(
      rows.map(({ position, instant, record }) => {
        const stands = position === 1 ? inner : position === 3 ? strange : record;
        return [position, instant, Buffer.from(stands).toString("hex")];
      }),
    );
    expect(await read(3)).toEqual([[1, other[0]?.instant, Buffer.from("of another shard").toString("hex")]]);
    expect(await again.removePeople(shard, [{ profile: person("a"), upTo: 3 }])).toBe(3);
  });
}
