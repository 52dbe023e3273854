/** A worker's brain on the reference store: one host, real parser, real rules, real time. Faults are the simulator's. */
import { afterEach, describe, expect, it } from "vitest";
import { turnPacedEventsMin } from "../limits.ts";
import type { ShardId } from "../model/ids.ts";
import { isHeldOut } from "../model/holdout.ts";
import { decodeBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import { Bench, RULES, SHARDS, viewed } from "./shard-host-fixtures.ts";

it("is tried with sound rules", () => {
  expect(RULES.problems).toEqual([]);
});

it("ends when it is closed while others go first", async () => {
  const went: (() => void)[] = [];
  const othersFirst = () => new Promise<void>((resolve) => void went.push(resolve));
  const { host } = new Bench(
    createReferenceStore(SHARDS, () => Date.now()),
    othersFirst,
  );
  const closed = host.close();
  expect(went).toHaveLength(1);
  went[0]?.();
  await closed;
});

describe("a worker's brain", () => {
  let bench: Bench;
  afterEach(async () => {
    await bench.host.close();
  });

  async function start(): Promise<void> {
    bench = new Bench(createReferenceStore(SHARDS, () => Date.now()));
    await bench.own();
  }

  it("applies events once, decides, and tells a repetition from a conflict", async () => {
    await start();
    expect(await bench.event(viewed("m1", "a1"))).toMatchObject({
      is: "applied",
      created: true,
      visitor: "a1",
      decisions: [{ content: "hero", show: "plain" }, { content: "offer" }],
    });
    expect(await bench.event(viewed("m2", "a1"))).toMatchObject({
      is: "applied",
      created: false,
      visitor: undefined,
      decisions: [{ content: "hero", show: "shoes" }, { content: "offer" }],
    });
    expect(await bench.event(viewed("m2", "a1"))).toMatchObject({ is: "duplicate" });
    expect(await bench.event(viewed("m2", "a1", { properties: { category: "hats" } }))).toMatchObject({
      is: "refused",
      problem: { code: "message_id_conflict" },
    });
  });

  it("under load takes what comes while it waits for more, and ends when it is closed meanwhile", async () => {
    await start();
    let named = 0;
    const burst = () =>
      Promise.all(
        Array.from({ length: 4 * turnPacedEventsMin }, () => bench.event(viewed(`m${++named}`, `a${named}`))),
      );
    await burst();
    expect(await bench.event(viewed("next", "a1"))).toMatchObject({ is: "applied", created: false });
    await burst();
    const last = bench.event(viewed("last", "a1"));
    await bench.host.close();
    expect(["applied", "not_owner"]).toContain((await last).is);
  });

  it("takes of nobody, known or not, what is so old that a repetition could not be told", async () => {
    await start();
    const at = (days: number): Record<string, unknown> => ({
      timestamp: new Date(Date.now() - days * 86_400_000).toISOString(),
    });
    const expected = { 6: ["applied", "duplicate"], 8: ["refused", "refused"] } as const;
    for (const [id, days] of [
      ["m1", 8],
      ["m2", 6],
      ["m3", 8],
    ] as const) {
      const event = viewed(id, "a1", at(days));
      const answers = [await bench.event(event), await bench.event(event)];
      expect(answers.map(({ is }) => is)).toEqual(expected[days]);
    }
  });

  it("records once, through a crash, that somebody has come to a holdout, and shows who is held out nothing else", async () => {
    await start();
    const people = Array.from({ length: 12 }, (_, n) => `p${n}`);
    const seen = new Map<string, string>();
    for (const round of [1, 2, 3, 4]) {
      for (const who of people) {
        const answer = await bench.event(viewed(`${who}-${round}`, who));
        if (answer.is !== "applied") throw new Error(`not applied, but ${answer.is}`);
        const shown = answer.decisions?.find(({ content }) => content === "offer")?.show ?? "";
        const isOut = isHeldOut(answer.profile, { percent: 40, salt: "offer" });
        expect(shown).toBe(round === 1 || isOut ? "none" : "voucher");
        seen.set(answer.profile, isOut ? "held out" : "treated");
      }
      if (round === 2) await bench.crash();
    }
    const exposed: JournalRecord[] = [];
    for (let shard = 0; shard < SHARDS; shard++)
      for (const { bytes } of await bench.store.journal.read(shard as ShardId, 0, 10_000_000))
        exposed.push(...decodeBatch(bytes).records.filter(({ kind }) => kind === "exposed"));
    expect(exposed.map((record) => (record.kind === "exposed" ? record.profile : "")).sort()).toEqual(
      [...seen.keys()].sort(),
    );
    for (const record of exposed)
      expect(record).toMatchObject({ holdout: "offer", percent: 40, by: "content offer", at: expect.any(Number) });
    for (const record of exposed)
      if (record.kind === "exposed") expect(record.heldOut).toBe(seen.get(record.profile) === "held out");
    expect(new Set(seen.values()).size).toBe(2);
  });

  it("knows after a crash all that it answered before", async () => {
    await start();
    await bench.event(viewed("m1", "a1"));
    await bench.event(viewed("m2", "a1"));
    await bench.crash();
    expect(await bench.read({ kind: "anonymous", value: "a1" })).toMatchObject({
      is: "read",
      view: { segments: ["browsers"] },
    });
    expect(await bench.event(viewed("m2", "a1"))).toMatchObject({ is: "duplicate" });
  });

  it("knows after a clean stop all that it answered before", async () => {
    await start();
    for (let i = 0; i < 50; i++) await bench.event(viewed(`m${i}`, `a${i % 10}`));
    await bench.host.close();
    await bench.crash();
    for (let i = 0; i < 10; i++)
      expect(await bench.read({ kind: "anonymous", value: `a${i}` })).toMatchObject({
        is: "read",
        view: { segments: ["browsers"] },
      });
  });

  it("makes two devices of one user one person", async () => {
    await start();
    for (const device of ["a1", "a2", "a3", "a4"]) {
      await bench.event(viewed(`m-${device}`, device));
      expect(
        await bench.event({
          type: "identify",
          messageId: `i-${device}`,
          anonymousId: device,
          userId: "u9",
          traits: { city: "Lyon" },
        }),
      ).toMatchObject({ is: "applied" });
    }
    await bench.settled();
    const answers = await Promise.all(
      ["a1", "a2", "a3", "a4"].map((value) => bench.read({ kind: "anonymous", value })),
    );
    const user = await bench.read({ kind: "user", value: "u9" });
    const profiles = new Set([...answers, user].map((answer) => (answer.is === "read" ? answer.profile : undefined)));
    expect(profiles.size).toBe(1);
    expect(user).toMatchObject({ view: { segments: ["browsers"], attributes: { city: "Lyon" } } });
    for (const device of ["a1", "a2", "a3", "a4"])
      expect(await bench.event(viewed(`m-${device}`, device))).toMatchObject({ is: "duplicate" });
  });

  it("keeps two users of one device apart", async () => {
    await start();
    await bench.event({ type: "identify", messageId: "i1", anonymousId: "a1", userId: "u8" });
    const switched = await bench.event({ type: "identify", messageId: "i2", anonymousId: "a1", userId: "u9" });
    await bench.settled();
    const u8 = await bench.read({ kind: "user", value: "u8" });
    expect(switched).toMatchObject({ is: "applied" });
    expect(u8).toMatchObject({ is: "read" });
    expect(switched.is === "applied" && u8.is === "read" && switched.profile !== u8.profile).toBe(true);
  });

  it("lets a browser without proof claim nobody", async () => {
    await start();
    await bench.event({ type: "identify", messageId: "i1", userId: "u9", anonymousId: "a9" });
    await bench.settled();
    const browser = { trusted: false };
    expect(
      await bench.event({ type: "identify", messageId: "i2", userId: "u9", anonymousId: "a1" }, browser),
    ).toMatchObject({ is: "applied", resolved: true });
    expect(await bench.event({ type: "track", event: "X", messageId: "i3", userId: "u9" }, browser)).toMatchObject({
      is: "refused",
      problem: { code: "no_identifier" },
    });
    await bench.settled();
    const [a1, u9] = [
      await bench.read({ kind: "anonymous", value: "a1" }),
      await bench.read({ kind: "user", value: "u9" }),
    ];
    expect(a1.is === "read" && u9.is === "read" && a1.profile !== u9.profile).toBe(true);
  });

  it("pushes new decisions to who watches", async () => {
    await start();
    await bench.event(viewed("m1", "a1"));
    await bench.ask(
      (shard, request, profile) => ({
        kind: "watch",
        shard,
        request,
        identifier: { kind: "anonymous", value: "a1" },
        profile,
        watch: 7,
      }),
      { kind: "anonymous", value: "a1" },
    );
    await bench.event(viewed("m2", "a1"));
    expect(bench.pushes).toMatchObject([{ watch: 7, decisions: [{ show: "shoes" }, { content: "offer" }] }]);
  });
});
