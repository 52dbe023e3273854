/**
 * A profile as a plain list of events, and what rules read of it by the letter of model/plan.ts: no index, no cache, no
 * window kept up to date. The oracle beside which evaluators, wake-ups and the profile room's own view are held.
 */
import type { JsonObject } from "../../engine/model/event.ts";
import type { Instant } from "../../engine/model/ids.ts";
import type { FieldValue, Plan, ProfileView } from "../../engine/model/plan.ts";
import { type Digest64, hashText48 } from "../../engine/model/hash.ts";
import { localDate, nextDateChange, windowTest, zoneFor } from "../../engine/model/window-fixtures.ts";

export interface LoggedEvent {
  readonly name: string;
  readonly at: Instant;
  readonly fields: JsonObject;
  /** Tells it from others, where that is asked for. */
  readonly digest?: Digest64;
}

export interface EventLogView extends ProfileView {
  readonly segments: Set<number>;
  /** Enters or leaves a segment. */
  turn(segment: number, entered: boolean, at: Instant): void;
  setAttribute(index: number, value: FieldValue | undefined): void;
  add(event: LoggedEvent): void;
}

interface Contributed {
  readonly at: Instant;
  readonly value: number;
  readonly text?: string;
  readonly digest?: Digest64 | undefined;
}

export function createEventLogView(plan: Plan): EventLogView {
  const segments = new Set<number>();
  const turns = new Map<string, Instant>();
  const attributes = new Map<number, FieldValue>();
  /** By stream: what its events have contributed. */
  const contributions = plan.streams.map((): Contributed[] => []);

  const clocks = { zone: plan.zone, attribute: (index: number) => attributes.get(index) };

  function within(index: number, at: Instant): readonly Contributed[] {
    const aggregate = plan.aggregates[index];
    if (aggregate === undefined) throw new RangeError(`no aggregate ${index}`);
    const inWindow = windowTest(aggregate.window, at, clocks);
    return (contributions[aggregate.stream] ?? []).filter((one) => one.at <= at && inWindow(one.at));
  }

  function windowHolds(index: number, instant: Instant, at: Instant): boolean {
    const { window } = plan.aggregates[index] as Plan["aggregates"][number];
    return windowTest(window, at, clocks)(instant);
  }

  /** Every chain is tried. */
  function completions(index: number, upTo: Instant, without?: Digest64): readonly Instant[] {
    const { steps = [], correlated = false } = plan.aggregates[index] as Plan["aggregates"][number];
    const found = new Set<Instant>();
    const logOf = (step: number) =>
      (contributions[steps[step]?.stream ?? -1] ?? []).filter(
        ({ digest }) => digest === undefined || digest !== without,
      );
    const eventOf = (step: number) => plan.streams[steps[step]?.stream ?? -1]?.event;
    function walk(step: number, before: Contributed): void {
      const next = steps[step];
      if (next === undefined) {
        found.add(before.at);
        return;
      }
      const comes = logOf(step).filter(
        (one) =>
          (eventOf(step) === eventOf(step - 1) || next.absent ? one.at > before.at : one.at >= before.at) &&
          one.at <= before.at + next.withinMs &&
          (!correlated || one.value === before.value),
      );
      if (!next.absent) for (const one of comes) walk(step + 1, one);
      else if (comes.length === 0) found.add(before.at + next.withinMs);
    }
    for (const one of logOf(0)) walk(1, one);
    return [...found].filter((instant) => instant <= upTo).sort((a, b) => a - b);
  }

  return {
    id: "p1",
    identifierValues: () => ["marie@example.fr", "u9"],
    segments,
    attribute: (index) => attributes.get(index),
    inSegment: (index) => segments.has(index),
    transitionAt: (index, entered) => turns.get(`${index} ${entered}`) ?? Number.NaN,
    turn(index, entered, at) {
      if (entered) segments.add(index);
      else segments.delete(index);
      turns.set(`${index} ${entered}`, at);
    },
    aggregate(index, at) {
      const found = within(index, at);
      switch (plan.aggregates[index]?.reduce) {
        case "count":
          return found.length;
        case "sum":
          return found.reduce((sum, { value }) => sum + value, 0);
        case "average":
          return found.reduce((sum, { value }) => sum + value, 0) / found.length;
        case "smallest":
          return found.length === 0 ? Number.NaN : Math.min(...found.map((one) => one.value));
        case "largest":
          return found.length === 0 ? Number.NaN : Math.max(...found.map((one) => one.value));
        case "first":
          return found.length === 0 ? Number.NaN : Math.min(...found.map((one) => one.at));
        case "last":
          return found.length === 0 ? Number.NaN : Math.max(...found.map((one) => one.at));
        case "distinct":
          return new Set(found.map((one) => one.text ?? one.value)).size;
        case "days": {
          const window = plan.aggregates[index]?.window;
          const zone = zoneFor(window !== undefined && "clock" in window ? window.clock : "customer", clocks);
          return new Set(found.map((one) => localDate(zone, one.at))).size;
        }
        case "first-value":
          return endOf(found, "first")?.value ?? Number.NaN;
        case "last-value":
          return endOf(found, "last")?.value ?? Number.NaN;
        case "sequence":
          return completions(index, at).findLast((instant) => windowHolds(index, instant, at)) ?? Number.NaN;
        case undefined:
          return Number.NaN;
      }
    },
    completions: (index, after, upTo) => completions(index, upTo).filter((instant) => instant > after),
    completionsBy(index, { digest }, { after, upTo }) {
      const others = completions(index, upTo, digest);
      return completions(index, upTo).filter((instant) => instant > after && !others.includes(instant));
    },
    nextCompletion: (index, at) =>
      completions(index, Number.POSITIVE_INFINITY).find((instant) => instant > at) ?? Number.POSITIVE_INFINITY,
    recentTexts: (index, at, most) =>
      within(index, at)
        .toSorted((a, b) => b.at - a.at)
        .flatMap(({ text, at: when }) => (text === undefined ? [] : [{ text, at: when }]))
        .slice(0, most),
    aggregateText: (index, at) =>
      endOf(within(index, at), plan.aggregates[index]?.reduce === "first-value" ? "first" : "last")?.text,
    aggregateValidUntil(index, at) {
      const window = plan.aggregates[index]?.window;
      if (plan.aggregates[index]?.reduce === "sequence" && window !== undefined) {
        const ends = window.kind === "last" ? completions(index, at).map((instant) => instant + window.ms) : [];
        const turn =
          window.kind === "calendar" ? nextDateChange(zoneFor(window.clock, clocks), at) : Number.POSITIVE_INFINITY;
        const next = completions(index, Number.POSITIVE_INFINITY).filter((instant) => instant > at);
        return Math.min(turn, ...ends.filter((instant) => instant > at), ...next);
      }
      if (window === undefined || window.kind === "ever" || window.kind === "since" || window.kind === "between")
        return Number.POSITIVE_INFINITY;
      if (window.kind === "last")
        return Math.min(Number.POSITIVE_INFINITY, ...within(index, at).map((one) => one.at + window.ms));
      return nextDateChange(zoneFor(window.clock, clocks), at);
    },
    setAttribute(index, value) {
      if (value === undefined) attributes.delete(index);
      else attributes.set(index, value);
    },
    add({ name, at, fields, digest }) {
      for (const [index, stream] of plan.streams.entries()) {
        if ((stream.event as string) !== name) continue;
        const value = stream.contribution(fields);
        if (typeof value === "string")
          contributions[index]?.push({ at, value: hashText48(value), text: value, digest });
        else if (value !== undefined) contributions[index]?.push({ at, value, digest });
      }
    },
  };
}

/** By time, then value, as contributions stand. */
function endOf(found: readonly Contributed[], end: "first" | "last"): Contributed | undefined {
  return found.toSorted((a, b) => a.at - b.at || a.value - b.value).at(end === "first" ? 0 : -1);
}
