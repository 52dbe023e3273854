import { afterEach, beforeEach, expect, test } from "vitest";
import { renderEntry } from "../cli/events-text.ts";
import { createStyle } from "../cli/terminal.ts";
import { liveWatchersMax } from "../limits.ts";
import type { FeedEntry } from "../shard/feed-port.ts";
import type { ProfileId, ShardId, SourceId } from "../model/ids.ts";
import type { MessageId } from "../model/trigger.ts";
import type { LiveEntries } from "./live-port.ts";
import { startControl } from "./control-fixtures.ts";
import type { TestControl } from "./control-fixtures.ts";

const token = "a-token-that-nobody-guesses";
const profile = "c1e1a2003db9852ef10e2f71" as ProfileId;
const place = { shard: 0 as ShardId, position: 1, instant: 1_000, profile };
const entered: FeedEntry = { is: "transition", ...place, segment: "vip", entered: true };
const seen: FeedEntry = {
  is: "event",
  ...place,
  name: "page_viewed",
  type: "page",
  source: "site",
  messageId: "m1",
  timestamp: 900,
  identifiers: [{ kind: "anonymous", value: "a1" }],
  fields: "{}",
};
const sold: FeedEntry = {
  is: "receipt",
  ...place,
  facts: {
    source: "till" as SourceId,
    store: "lyon-1",
    till: "3",
    receiptId: "r1",
    digest: "0".repeat(16),
    kind: "sale",
    currency: "EUR",
    at: 900,
    lines: 2,
    linesAmount: "0",
    total: 255_000,
    refersTo: null,
    flags: [],
  },
  points: 25,
  balance: 40,
};
const sentOnce: FeedEntry = {
  is: "message",
  shard: 0 as ShardId,
  position: 9,
  instant: 2_000,
  profile,
  trigger: "welcome",
  message: "0".repeat(32) as MessageId,
  channel: "email",
  became: "failed unavailable",
  again: 9_000,
};
const fired: FeedEntry = {
  is: "fired",
  ...place,
  trigger: "welcome",
  message: "0".repeat(32) as MessageId,
  template: "hello",
};
const productOf = (basis: "popular" | "new") => ({ id: basis, title: {}, reason: `it is ${basis}`, why: { basis } });
const shown: FeedEntry = {
  is: "decided",
  instant: 1_000,
  profile,
  decisions: [
    { content: "home-hero", show: "hero-shoes", choice: 3 },
    {
      content: "strip",
      show: "strip-goes-with-it",
      choice: 1,
      products: (["popular", "popular", "new"] as const).map(productOf),
    },
  ],
};

let plane: TestControl;
beforeEach(async () => {
  plane = await startControl(token);
});
afterEach(() => plane.close());

interface Heard {
  readonly name: string;
  readonly value: Record<string, unknown>;
}

async function watch(query = ""): Promise<{ readonly next: (name: string) => Promise<Heard["value"]>; end(): void }> {
  const ended = new AbortController();
  const response = await fetch(`${plane.url}/v1/live${query}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: ended.signal,
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function next(name: string): Promise<Heard["value"]> {
    for (;;) {
      const found = new RegExp(`^event: ${name}\ndata: (.*)\n\n`, "m").exec(text);
      if (found !== null) {
        text = text.slice(found.index + found[0].length);
        return JSON.parse(found[1] ?? "") as Heard["value"];
      }
      const { value, done } = await reader.read();
      if (done) throw new Error(`the stream ended before ${name}`);
      text += decoder.decode(value, { stream: true });
    }
  }
  return { next, end: () => ended.abort() };
}

test("the workers pass nothing on until somebody watches who wants it, and stop when nobody does", async () => {
  expect(plane.isFed()).toBe(false);
  const figures = await watch("?only=figures");
  expect(plane.isFed()).toBe(false);
  const all = await watch();
  expect(plane.isFed()).toBe(true);
  all.end();
  await expect.poll(() => plane.isFed()).toBe(false);
  figures.end();
});

test("entries come with the reasons of the rules, each watcher's own kinds, and what was left out is counted", async () => {
  const all = await watch();
  const some = await watch("?only=transition");
  plane.live.take({ entries: [seen, sold, entered, shown], skipped: 7 });
  expect(await all.next("entries")).toEqual({
    skipped: 7,
    entries: [
      {
        is: "event",
        at: 1_000,
        timestamp: 900,
        profile,
        name: "page_viewed",
        type: "page",
        source: "site",
        messageId: "m1",
        who: "anonymous:a1",
        fields: "{}",
      },
      {
        is: "receipt",
        at: 1_000,
        timestamp: 900,
        profile,
        receiptId: "r1",
        store: "lyon-1",
        till: "3",
        kind: "sale",
        currency: "EUR",
        total: 25.5,
        lines: 2,
        points: 25,
        balance: 40,
        flags: [],
      },
      { is: "transition", at: 1_000, profile, segment: "vip", entered: true, because: "the condition of vip" },
      {
        is: "decided",
        at: 1_000,
        profile,
        decisions: [
          { content: "home-hero", show: "hero-shoes", choice: 3, because: "choice 3 of home-hero" },
          {
            content: "strip",
            show: "strip-goes-with-it",
            choice: 1,
            because: "choice 1 of strip (it is popular; it is new)",
          },
        ],
      },
    ],
  });
  expect(await some.next("entries")).toMatchObject({ entries: [{ is: "transition" }] });
  all.end();
  some.end();
});

test("figures are told each second: what was counted since, and how long answers took", async () => {
  const watcher = await watch("?only=figures");
  plane.counted.answered = 1_000;
  plane.counted.answerCounts = [990, 10];
  const figures = await watcher.next("figures");
  expect(figures).toMatchObject({ inFlight: 0, shardsOwned: 1, latencyP50Ms: expect.any(Number) });
  expect(figures["eventsPerSecond"]).toBeGreaterThan(100);
  watcher.end();
});

test("a watcher that takes nothing is told how much it has missed", () => {
  const told: string[] = [];
  let isSlow = true;
  const end = plane.live.watch({
    wants: new Set(["event"]),
    send: (name, text) => {
      if (isSlow) return false;
      if (name === "entries") told.push(text);
      return true;
    },
  });
  plane.live.take({ entries: [seen, seen], skipped: 1 });
  isSlow = false;
  plane.live.take({ entries: [seen], skipped: 0 });
  expect(told.map((text) => JSON.parse(text) as unknown)).toMatchObject([{ skipped: 3, entries: [{}] }]);
  end?.();
});

test("no more than so many watch at once, and kinds that are not there are refused", async () => {
  const headers = { authorization: `Bearer ${token}` };
  const ends = Array.from({ length: liveWatchersMax }, () => plane.live.watch({ wants: new Set(), send: () => true }));
  expect((await fetch(`${plane.url}/v1/live`, { headers })).status).toBe(503);
  for (const end of ends) end?.();
  expect((await fetch(`${plane.url}/v1/live?only=figures,nonsense`, { headers })).status).toBe(400);
  expect((await fetch(`${plane.url}/v1/live`)).status).toBe(401);
});

test("a trigger that fires is told as such, to who wants it, and a terminal shows it in a line", async () => {
  const some = await watch("?only=fired");
  plane.live.take({ entries: [seen, fired, shown], skipped: 0 });
  const { entries } = (await some.next("entries")) as unknown as LiveEntries;
  const told = { is: "fired", at: 1_000, profile, trigger: "welcome", message: "0".repeat(32), template: "hello" };
  expect(entries).toEqual([told]);
  expect(entries.map((entry) => renderEntry(entry, createStyle(false), undefined)).join("\n")).toMatch(
    /fired +c1e1a2003db9852ef10e2f71 +welcome: hello, message 0{32}$/,
  );
  some.end();
});

test("what a message has come to is told as such, with when it is tried again", async () => {
  const some = await watch("?only=message");
  plane.live.take({ entries: [seen, sentOnce, fired], skipped: 0 });
  const { entries } = (await some.next("entries")) as unknown as LiveEntries;
  const became = { became: "failed unavailable", channel: "email", again: 9_000 };
  expect(entries).toEqual([
    { is: "message", at: 2_000, profile, trigger: "welcome", message: "0".repeat(32), ...became },
  ]);
  expect(entries.map((entry) => renderEntry(entry, createStyle(false), undefined)).join("\n")).toMatch(
    /message +c1e1a2003db9852ef10e2f71 +welcome: failed unavailable by email, again .*, message 0{32}$/,
  );
  some.end();
});
