/** The contract suite's part on state: checkpoints, look-ups, the index of wake-ups, scanning. */
import { describe, expect, test } from "vitest";
import type { WithStore } from "./contract.ts";
import { bytes, cell, checkpoint, nodeB, own, profile, row, shard, text } from "./contract-fixtures.ts";
import type { HotStore } from "./port.ts";

const s = shard(6);

export function describeState(withStore: WithStore): void {
  describe("checkpoint", () => {
    test(
      "stores meta, profiles and cells of its shard",
      withStore(async ({ state, ...store }) => {
        const epoch = await own({ state, ...store }, s);
        const [a, b] = [profile(s, 1), profile(s, 2)];
        expect(await state.loadMeta(s)).toBeUndefined();
        expect(
          await state.checkpoint(
            checkpoint(s, epoch, {
              watermark: 7,
              meta: bytes("some meta"),
              profiles: [row(a, "row a"), row(b, "row b")],
              cells: [
                [cell("email:x@example.com"), a],
                [cell("anonymous:é \u{1f600}"), b],
              ],
            }),
          ),
        ).toBe("ok");
        const meta = await state.loadMeta(s);
        expect([meta?.watermark, text(meta?.meta)]).toEqual([7, "some meta"]);
        expect((await state.loadProfiles(s, [b, profile(s, 3), a, a])).map(text)).toEqual([
          "row b",
          undefined,
          "row a",
          "row a",
        ]);
        expect(
          await state.loadCells(s, [cell("anonymous:é \u{1f600}"), cell("email:y"), cell("email:x@example.com")]),
        ).toEqual([b, undefined, a]);
        expect(await state.loadProfiles(s, [])).toEqual([]);
        expect(await state.loadCells(s, [])).toEqual([]);
        expect(await state.loadMeta(shard(0))).toBeUndefined();
      }),
    );

    test(
      "lets go of the cells that it names where they still hold what it says",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const [a, b] = [profile(s, 1), profile(s, 2)];
        const [kept, gone] = [cell("receipt:till/receipt/s/t/1"), cell("receipt:till/receipt/s/t/2")];
        const never = cell("receipt:till/receipt/s/t/3");
        const cells = [[kept, a] as const, [gone, a] as const];
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, cells }));
        const forgotten = [[kept, b] as const, [gone, a] as const, [never, a] as const];
        expect(
          await store.state.checkpoint(checkpoint(s, epoch, { watermark: 2, cells: [[cell("user:u"), b]], forgotten })),
        ).toBe("ok");
        expect(await store.state.loadCells(s, [kept, gone, never, cell("user:u")])).toEqual([
          a,
          undefined,
          undefined,
          b,
        ]);
        // What is put by the same piece is not what was to go.
        await store.state.checkpoint(
          checkpoint(s, epoch, { watermark: 3, cells: [[kept, b]], forgotten: [[kept, a]] }),
        );
        expect(await store.state.loadCells(s, [kept])).toEqual([b]);
      }),
    );

    test(
      "lets go of a profile with its wake-up and its cell, and takes it again; of one that it has not there is nothing to do",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const [a, b, c] = [profile(s, 1), profile(s, 2), profile(s, 3)];
        const [row, none] = [Buffer.from("row"), new Uint8Array(0)];
        const put = (id: typeof a, at: number) => ({ id, row, wakeUp: at });
        const go = (id: typeof a) => ({ id, row: none, wakeUp: Number.POSITIVE_INFINITY });
        const cells = [[cell("anonymous:a"), a] as const];
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, cells, profiles: [put(a, 10), put(b, 20)] }));
        const piece = { watermark: 2, profiles: [go(a), put(b, 30), go(c)], forgotten: cells };
        expect(await store.state.checkpoint(checkpoint(s, epoch, piece))).toBe("ok");
        expect(await store.state.loadProfiles(s, [a, c])).toEqual([undefined, undefined]);
        expect(await store.state.loadCells(s, [cell("anonymous:a")])).toEqual([undefined]);
        expect(await store.state.due(s, 100, 10)).toEqual([{ id: b, at: 30 }]);
        expect((await store.state.scan(s, undefined, 10)).map(({ id }) => id)).toEqual([b]);
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 3, profiles: [put(a, 5)] }));
        expect(await store.state.due(s, 100, 10)).toEqual([
          { id: a, at: 5 },
          { id: b, at: 30 },
        ]);
        expect((await store.state.scan(s, undefined, 10)).map(({ id }) => id).sort()).toEqual([a, b].sort());
      }),
    );

    test(
      "has its marks of receipts gone through in pieces, and no other cell",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const a = profile(s, 1);
        const marks = Array.from({ length: 250 }, (_, n) => [cell(`receipt:till/receipt/s/é/${n}`), a] as const);
        const others = ["receipt", "receipt;x", "user:receipt:1", "email:a"].map((each) => [cell(each), a] as const);
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, cells: [...marks, ...others] }));
        const found = new Set<string>();
        let cursor: string | undefined;
        do {
          const piece = await store.state.scanMarks(s, cursor, 50);
          for (const [key, mark] of piece.cells) {
            expect(mark).toBe(a);
            found.add(key);
          }
          cursor = piece.next;
        } while (cursor !== undefined);
        expect([...found].sort()).toEqual(marks.map(([key]) => key).sort());
        expect(await store.state.scanMarks(shard(1), undefined, 50)).toEqual({ cells: [], next: undefined });
      }),
    );

    test(
      "replaces what it names and leaves the rest",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const [a, b] = [profile(s, 1), profile(s, 2)];
        await store.state.checkpoint(
          checkpoint(s, epoch, { watermark: 1, profiles: [row(a, "a1"), row(b, "b1")], cells: [[cell("user:u"), a]] }),
        );
        await store.state.checkpoint(
          checkpoint(s, epoch, { watermark: 2, profiles: [row(a, "a2")], cells: [[cell("user:u"), b]] }),
        );
        expect((await store.state.loadProfiles(s, [a, b])).map(text)).toEqual(["a2", "b1"]);
        expect(await store.state.loadCells(s, [cell("user:u")])).toEqual([b]);
      }),
    );

    test(
      "of a former owner is fenced and changes nothing",
      withStore(async (store) => {
        const old = await own(store, s);
        const [a] = [profile(s, 1)];
        await store.state.checkpoint(checkpoint(s, old, { watermark: 1, profiles: [row(a, "a1", 50)] }));
        const epoch = await own(store, s, nodeB);
        const late = { watermark: 9, meta: bytes("late"), profiles: [row(a, "late", 10)], cells: [] };
        expect(await store.state.checkpoint(checkpoint(s, old, { ...late, cells: [[cell("user:u"), a]] }))).toBe(
          "fenced",
        );
        expect(await store.state.checkpoint(checkpoint(s, epoch + 1, late))).toBe("fenced");
        expect(await store.state.checkpoint(checkpoint(shard(0), 0, { watermark: 1 }))).toBe("fenced");
        expect((await store.state.loadProfiles(s, [a])).map(text)).toEqual(["a1"]);
        expect((await store.state.loadMeta(s))?.watermark).toBe(1);
        expect(await store.state.loadCells(s, [cell("user:u")])).toEqual([undefined]);
        expect(await store.state.due(s, 100, 9)).toEqual([{ id: a, at: 50 }]);
        expect(await store.state.checkpoint(checkpoint(s, epoch, late))).toBe("ok");
        expect((await store.state.loadProfiles(s, [a])).map(text)).toEqual(["late"]);
      }),
    );

    test(
      "that comes late, below the stored watermark, changes nothing",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const a = profile(s, 1);
        const early = checkpoint(s, epoch, { watermark: 3, meta: bytes("early"), profiles: [row(a, "old", 10)] });
        await store.state.checkpoint(early);
        await store.state.checkpoint(
          checkpoint(s, epoch, { watermark: 5, meta: bytes("newer"), profiles: [row(a, "new", 20)] }),
        );
        expect(await store.state.checkpoint(early)).toBe("ok");
        expect(await store.state.checkpoint(checkpoint(s, epoch, { watermark: 9, after: 6 }))).toBe("gap");
        expect((await store.state.loadMeta(s))?.watermark).toBe(5);
        expect((await store.state.loadProfiles(s, [a])).map(text)).toEqual(["new"]);
        const meta = await store.state.loadMeta(s);
        expect([meta?.watermark, text(meta?.meta)]).toEqual([5, "newer"]);
        expect(await store.state.due(s, 100, 9)).toEqual([{ id: a, at: 20 }]);
        const same = checkpoint(s, epoch, { watermark: 5, profiles: [row(a, "same watermark")] });
        expect(await store.state.checkpoint(same)).toBe("ok");
        expect((await store.state.loadProfiles(s, [a])).map(text)).toEqual(["same watermark"]);
      }),
    );

    test(
      "keeps apart cells that differ in one code unit only",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const texts = [
          "user:a",
          "user:a ",
          "user:A",
          "user:\ud800",
          "user:\udc00",
          "user:\ufffd",
          "user:",
          "user:\u0000",
        ];
        const cells = texts.map((each, i) => [cell(each), profile(s, i)] as const);
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, cells }));
        expect(
          await store.state.loadCells(
            s,
            cells.map(([key]) => key),
          ),
        ).toEqual(cells.map(([, id]) => id));
      }),
    );

    test(
      "takes the longest identifier and a piece of full size",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const long = cell(`anonymous:${"\uffee".repeat(256)}`);
        const profiles = Array.from({ length: 500 }, (_, n) => row(profile(s, n, n % 64), "r".repeat(1024), n));
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, profiles, cells: [[long, profile(s, 1)]] }));
        expect(await store.state.loadCells(s, [long])).toEqual([profile(s, 1)]);
        const loaded = await store.state.loadProfiles(
          s,
          profiles.map(({ id }) => id),
        );
        expect(loaded.every((each) => each?.length === 1024)).toBe(true);
        expect(await scanned(store, 64)).toEqual(profiles.map(({ id }) => id).sort());
      }),
    );
  });

  describe("fill", () => {
    test(
      "puts what is not there, leaves what is, and keeps what is still to be filled until it is done",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const [a, b, c] = [profile(s, 1), profile(s, 2), profile(s, 3)];
        const nothing = { shard: s, epoch, profiles: [], cells: [], begun: [], done: [] };
        expect(await store.state.unfilled(s)).toEqual([]);
        const begun = [
          [255, bytes("a note")],
          [0, bytes("")],
          [7, bytes("another")],
        ] as const;
        expect(await store.state.fill({ ...nothing, begun })).toBe("ok");
        const unfilled = async () => (await store.state.unfilled(s)).map(([part, note]) => [part, text(note)]);
        expect(await unfilled()).toEqual([
          [0, ""],
          [7, "another"],
          [255, "a note"],
        ]);
        expect(await store.state.unfilled(shard(0))).toEqual([]);
        await store.state.checkpoint(
          checkpoint(s, epoch, {
            watermark: 1,
            profiles: [row(a, "newer", 50), row(c, "newer")],
            cells: [[cell("user:u"), a]],
          }),
        );
        const filled = {
          profiles: [row(a, "older", 10), row(b, "older", 20), row(c, "older", 30)],
          cells: [[cell("user:u"), b] as const, [cell("user:v"), b] as const],
          done: [0, 255, 9],
        };
        expect(await store.state.fill({ ...nothing, ...filled })).toBe("ok");
        expect((await store.state.loadProfiles(s, [a, b, c])).map(text)).toEqual(["newer", "older", "newer"]);
        expect(await store.state.loadCells(s, [cell("user:u"), cell("user:v")])).toEqual([a, b]);
        expect(await store.state.due(s, 100, 9)).toEqual([
          { id: b, at: 20 },
          { id: a, at: 50 },
        ]);
        expect((await store.state.scan(s, undefined, 9)).map(({ id }) => id).sort()).toEqual([a, b, c].sort());
        expect(await unfilled()).toEqual([[7, "another"]]);
        // It is no checkpoint: the watermark stands where it stood.
        expect((await store.state.loadMeta(s))?.watermark).toBe(1);
      }),
    );

    test(
      "of a former owner is fenced and changes nothing",
      withStore(async (store) => {
        const old = await own(store, s);
        const [a] = [profile(s, 1)];
        const begun = [[3, bytes("note")] as const];
        await store.state.fill({ shard: s, epoch: old, profiles: [], cells: [], begun, done: [] });
        const epoch = await own(store, s, nodeB);
        const late = { profiles: [row(a, "late", 10)], cells: [[cell("user:u"), a] as const], begun: [], done: [3] };
        expect(await store.state.fill({ shard: s, epoch: old, ...late })).toBe("fenced");
        expect(await store.state.fill({ shard: shard(0), epoch: 0, ...late, profiles: [] })).toBe("fenced");
        expect(await store.state.loadProfiles(s, [a])).toEqual([undefined]);
        expect(await store.state.loadCells(s, [cell("user:u")])).toEqual([undefined]);
        expect((await store.state.unfilled(s)).length).toBe(1);
        expect(await store.state.fill({ shard: s, epoch, ...late })).toBe("ok");
        expect(await store.state.unfilled(s)).toEqual([]);
      }),
    );
  });

  describe("due", () => {
    test(
      "gives wake-ups at or before the instant, earliest first, up to the limit",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const at = [500, 100, 300, 1e12, 200, Number.POSITIVE_INFINITY, 0];
        const profiles = at.map((wakeUp, n) => row(profile(s, n), "row", wakeUp));
        await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, profiles }));
        const instants = async (until: number, limit: number) =>
          (await store.state.due(s, until, limit)).map(({ at: instant }) => instant);
        expect(await instants(300, 99)).toEqual([0, 100, 200, 300]);
        expect(await instants(299, 99)).toEqual([0, 100, 200]);
        expect(await instants(300, 2)).toEqual([0, 100]);
        expect(await instants(-1, 99)).toEqual([]);
        expect(await instants(Number.POSITIVE_INFINITY, 99)).toEqual([0, 100, 200, 300, 500, 1e12]);
        expect(await store.state.due(s, 100, 99)).toEqual([
          { id: profile(s, 6), at: 0 },
          { id: profile(s, 1), at: 100 },
        ]);
        expect(await store.state.due(shard(0), 1e13, 99)).toEqual([]);
      }),
    );

    test(
      "follows a wake-up that moves or goes",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const [a, b, c] = [profile(s, 1), profile(s, 2), profile(s, 3)];
        const write = (watermark: number, ...profiles: ReturnType<typeof row>[]) =>
          store.state.checkpoint(checkpoint(s, epoch, { watermark, profiles }));
        await write(1, row(a, "a", 100), row(b, "b", 200), row(c, "c", 300));
        await write(2, row(a, "a", 400), row(b, "b"), row(c, "c", 300));
        expect(await store.state.due(s, 1000, 99)).toEqual([
          { id: c, at: 300 },
          { id: a, at: 400 },
        ]);
        await write(3, row(b, "b", 50), row(a, "a", 10));
        expect(await store.state.due(s, 1000, 99)).toEqual([
          { id: a, at: 10 },
          { id: b, at: 50 },
          { id: c, at: 300 },
        ]);
      }),
    );
  });

  describe("scan", () => {
    test(
      "pages over all profiles once, with rows and wake-ups",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const ids = Array.from({ length: 57 }, (_, n) => profile(s, n, (n * 7) % 5));
        await store.state.checkpoint(
          checkpoint(s, epoch, {
            watermark: 1,
            profiles: ids.map((id, n) => row(id, `row ${n}`, n % 2 ? n : undefined)),
          }),
        );
        for (const limit of [1, 10, 56, 57, 100]) expect((await scanned(store, limit)).sort()).toEqual([...ids].sort());
        const page = await store.state.scan(s, undefined, 100);
        for (const { id, row: content, wakeUp } of page) {
          const n = ids.indexOf(id);
          expect([text(content), wakeUp]).toEqual([`row ${n}`, n % 2 ? n : Number.POSITIVE_INFINITY]);
        }
        expect(await store.state.scan(shard(0), undefined, 10)).toEqual([]);
      }),
    );
  });
}

async function scanned(store: HotStore, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: Awaited<ReturnType<HotStore["state"]["scan"]>>[number]["id"] | undefined;
  for (;;) {
    const page = await store.state.scan(s, cursor, limit);
    const end = page.at(-1);
    if (end === undefined) return ids;
    expect(page.length).toBeLessThanOrEqual(limit);
    ids.push(...page.map(({ id }) => id));
    cursor = end.id;
  }
}
