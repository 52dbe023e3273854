/**
 * A profile as a plain list of events, and what rules read of it by the letter of model/plan.ts: no index, no cache, no
 * window kept up to date. The oracle beside which evaluators, wake-ups and the profile room's own view are held.
 */
import type { JsonObject } from "../../engine/model/event.ts";
import type { Instant } from "../../engine/model/ids.ts";
import type { FieldValue, Plan, ProfileView } from "../../engine/model/plan.ts";
import { nextDateChange, windowTest, zoneFor } from "../../engine/model/window-fixtures.ts";

export interface LoggedEvent {
  readonly name: string;
  readonly at: Instant;
  readonly fields: JsonObject;
}

export interface EventLogView extends ProfileView {
  readonly segments: Set<number>;
  setAttribute(index: number, value: FieldValue | undefined): void;
  add(event: LoggedEvent): void;
}

export function createEventLogView(plan: Plan): EventLogView {
  const segments = new Set<number>();
  const attributes = new Map<number, FieldValue>();
  /** By stream: what its events have contributed. */
  const contributions = plan.streams.map((): { at: Instant; value: number }[] => []);

  const clocks = { zone: plan.zone, attribute: (index: number) => attributes.get(index) };

  function within(index: number, at: Instant): readonly { at: Instant; value: number }[] {
    const aggregate = plan.aggregates[index];
    if (aggregate === undefined) throw new RangeError(`no aggregate ${index}`);
    const inWindow = windowTest(aggregate.window, at, clocks);
    return (contributions[aggregate.stream] ?? []).filter((one) => one.at <= at && inWindow(one.at));
  }

  return {
    segments,
    attribute: (index) => attributes.get(index),
    inSegment: (index) => segments.has(index),
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
        case undefined:
          return Number.NaN;
      }
    },
    aggregateValidUntil(index, at) {
      const window = plan.aggregates[index]?.window;
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
    add({ name, at, fields }) {
      for (const [index, stream] of plan.streams.entries()) {
        if ((stream.event as string) !== name) continue;
        const value = stream.contribution(fields);
        if (value !== undefined) contributions[index]?.push({ at, value });
      }
    },
  };
}
