/** The promises of port.ts about seals and documents; part of the suite in contract.ts, which every adapter runs. */
import { expect, test } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { journalRows } from "./history-fixtures.ts";
import type { History } from "./port.ts";
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
    const seals = await again.seals(shard);
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
    expect(await again.seals(3 as ShardId)).toEqual([]);
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

  test("documents come by kind, the greatest key first", async () => {
    const { history } = fixture();
    for (const key of ["2026-01-02", "2026-01-01", "2026-01-03"])
      await history.putDocument({ kind: "night", key }, bytes(key));
    await history.putDocument({ kind: "plan", key: "z" }, bytes("z"));
    expect((await history.documents("night", 2)).map(({ key }) => key)).toEqual(["2026-01-03", "2026-01-02"]);
  });
}
