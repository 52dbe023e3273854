/**
 * Tells those who watch what happens, as it happens: figures of this node each second, and the sample that the workers of
 * all nodes pass on. The workers make that sample only while somebody watches who wants it. A watcher that reads slowly misses entries and
 * is told how many; nobody waits for it.
 */
import { livePeriodMs, liveWatchersMax } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { PARTS_OF_UNIT } from "../model/field-value.ts";
import type { FeedEntry, FeedSample } from "../shard/feed-port.ts";
import { LIVE_ONLY } from "./live-port.ts";
import type { Figures, LiveEntries, LiveEntry } from "./live-port.ts";
import { percentile } from "./percentile.ts";
import { withReasons } from "./profile-report.ts";

/** What has been counted since the start, and what stands now. */
export interface Counted {
  readonly answered: number;
  readonly refused: number;
  readonly decisions: number;
  /** Answers by how long they took: a count for each bound, and one above the last. */
  readonly answerCounts: readonly number[];
  readonly boundsMs: readonly number[];
  readonly inFlight: number;
  readonly sockets: number;
  readonly lagRecords: number;
  readonly shardsOwned: number;
  readonly shardsTotal: number;
}

export interface LiveSources {
  readonly counted: () => Counted;
  /** Whether the workers are to pass on what happens. */
  readonly feed: (on: boolean) => void;
  readonly reason: (rule: string, choice?: number) => string | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
}

export const LIVE_WANTS = ["figures", ...LIVE_ONLY] as const;
export type LiveWant = (typeof LIVE_WANTS)[number];

export interface LiveWatcher {
  readonly wants: ReadonlySet<LiveWant>;
  /** False: it is behind, and has not taken it. */
  send(name: "figures" | "entries" | "", text: string): boolean;
}

export interface Live {
  /** @returns ends it; undefined when too many watch already */
  watch(watcher: LiveWatcher): (() => void) | undefined;
  /** What a worker has passed on. */
  take(sample: FeedSample): void;
  close(): void;
}

export function createLive(sources: LiveSources): Live {
  const { clock, timers, reason } = sources;
  const watchers = new Map<LiveWatcher, { missed: number }>();
  let before: { readonly counted: Counted; readonly atMs: number } | undefined;
  let cancelTick: (() => void) | undefined;
  let isFed = false;

  function settle(): void {
    const wanted = [...watchers.keys()].some(({ wants }) => [...wants].some((want) => want !== "figures"));
    if (wanted !== isFed) sources.feed(wanted);
    isFed = wanted;
    if (watchers.size === 0) {
      cancelTick?.();
      cancelTick = undefined;
      before = undefined;
    } else if (cancelTick === undefined) {
      before = { counted: sources.counted(), atMs: clock.monotonicMs() };
      cancelTick = timers.after(livePeriodMs, tick);
    }
  }

  function tick(): void {
    cancelTick = timers.after(livePeriodMs, tick);
    const counted = sources.counted();
    const atMs = clock.monotonicMs();
    const figures = before === undefined ? undefined : figuresOf(before.counted, counted, atMs - before.atMs);
    before = { counted, atMs };
    const text = JSON.stringify({ at: clock.now(), ...figures });
    // An empty line keeps proxies, and the browser, from taking silence for an end.
    for (const watcher of watchers.keys())
      if (watcher.wants.has("figures")) watcher.send("figures", text);
      else watcher.send("", "");
  }

  return {
    watch(watcher) {
      if (watchers.size >= liveWatchersMax) return undefined;
      watchers.set(watcher, { missed: 0 });
      settle();
      return () => {
        watchers.delete(watcher);
        settle();
      };
    },
    take({ entries, skipped }) {
      const shown = entries.map((entry) => shownOf(entry, reason));
      for (const [watcher, state] of watchers) {
        const wanted = shown.filter(({ is }) => watcher.wants.has(is));
        const missed = state.missed + skipped;
        if (wanted.length === 0 && missed === 0) continue;
        const told: LiveEntries = { entries: wanted, skipped: missed };
        state.missed = watcher.send("entries", JSON.stringify(told)) ? 0 : missed + wanted.length;
      }
    },
    close() {
      watchers.clear();
      settle();
    },
  };
}

function figuresOf(before: Counted, now: Counted, elapsedMs: number): Omit<Figures, "at"> {
  const perSecond = (count: (counted: Counted) => number): number =>
    Math.round(((count(now) - count(before)) * 10_000) / Math.max(1, elapsedMs)) / 10;
  const counts = now.answerCounts.map((count, index) => count - (before.answerCounts[index] ?? 0));
  const p50 = percentile(counts, now.boundsMs, 0.5);
  const p99 = percentile(counts, now.boundsMs, 0.99);
  return {
    eventsPerSecond: perSecond(({ answered }) => answered),
    refusedPerSecond: perSecond(({ refused }) => refused),
    decisionsPerSecond: perSecond(({ decisions }) => decisions),
    ...(p50 !== undefined && { latencyP50Ms: p50 }),
    ...(p99 !== undefined && { latencyP99Ms: p99 }),
    inFlight: now.inFlight,
    sockets: now.sockets,
    lagRecords: now.lagRecords,
    shardsOwned: now.shardsOwned,
    shardsTotal: now.shardsTotal,
  };
}

function shownOf(entry: FeedEntry, reason: LiveSources["reason"]): LiveEntry {
  switch (entry.is) {
    case "event": {
      const { instant, timestamp, profile, name, type, source, messageId, identifiers, fields } = entry;
      const [first] = identifiers;
      const who = first === undefined ? "" : `${first.kind}:${first.value}`;
      const told = { is: "event", at: instant, timestamp, profile, name, type, source, messageId, who } as const;
      return fields === undefined ? told : { ...told, fields };
    }
    case "receipt": {
      const { instant, profile, facts, points, balance } = entry;
      const { receiptId, store, till, kind, currency, total, lines, flags, at: timestamp } = facts;
      const whose = profile === undefined ? {} : { profile };
      const said = { receiptId, store, till, kind, currency, total: total / PARTS_OF_UNIT, lines, flags: [...flags] };
      return { is: "receipt", at: instant, timestamp, ...whose, ...said, points, balance };
    }
    case "transition": {
      const { instant, profile, segment, entered } = entry;
      const because = reason(segment);
      return { is: "transition", at: instant, profile, segment, entered, ...(because !== undefined && { because }) };
    }
    case "fired": {
      const { instant, profile, trigger, message, template } = entry;
      return { is: "fired", at: instant, profile, trigger, message, template };
    }
    case "message": {
      const { instant, profile, trigger, message, channel, became, again } = entry;
      return {
        is: "message",
        at: instant,
        profile,
        trigger,
        message,
        ...(channel !== undefined && { channel }),
        became,
        ...(again !== undefined && { again }),
      };
    }
    case "decided": {
      const { instant, profile, decisions } = entry;
      return {
        is: "decided",
        at: instant,
        ...(profile !== undefined && { profile }),
        decisions: decisions.map(({ content, show, choice, products }) => {
          const because = choice === 0 ? undefined : withReasons(reason(content, choice), products);
          return { content, show, choice, ...(because !== undefined && { because }) };
        }),
      };
    }
  }
}
