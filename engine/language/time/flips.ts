/**
 * When time alone can flip a segment. A windowed aggregate loses a contribution, or one of the conditions' alarms rings (an
 * age passes a length, a local day begins, a clock shows a time); nothing else moves with time. A count only falls while no event comes, so one that stands
 * below every number it is compared with cannot flip anything and needs no wake-up: most profiles sleep.
 */
import type { ProfileView } from "../../model/plan.ts";
import type { Instant } from "../../model/ids.ts";
import type { Window } from "../../model/window.ts";
import { counts } from "../plan/reductions.ts";
import { ageRings, numberReader, type Rings, ringsOf } from "./alarm-clock.ts";
import { type Alarm, readByAlarm } from "./alarms.ts";
import { readsIn } from "../calls/registry.ts";
import type { Operand, PlanSource } from "../plan/checked.ts";
import type { Reads } from "../plan/reads.ts";

export interface Flips {
  /** The earliest instant after `at`, Infinity when never. */
  next(view: ProfileView, at: Instant): Instant;
}

interface Windowed {
  readonly aggregate: number;
  /** Below it nothing can flip; -Infinity when any change can. */
  readonly lowestBoundary: number;
}

/** @param changed flips of all others stand as they stood */
export function createFlips(
  plan: PlanSource,
  reads: Reads,
  changed: { readonly aggregates: Iterable<number>; readonly attributes: Iterable<number> },
): Flips {
  const aggregates = new Set(changed.aggregates);
  const attributes = new Set(changed.attributes);
  const windowed = [...aggregates].flatMap((aggregate) => windowedOf(plan, reads, aggregate));
  const isEverything = changed === reads;
  // Whatever has changed may have turned a segment.
  const changes = (alarm: Alarm): boolean =>
    alarm.kind === "turned" ||
    readByAlarm(alarm)
      .flatMap(readsIn)
      .some(
        (read) =>
          (read.kind === "aggregate" && aggregates.has(read.aggregate)) ||
          (read.kind === "attribute" && attributes.has(read.attribute)),
      );
  const rings = ringsOfAll(
    plan,
    reads.alarms.filter((alarm) => isEverything || changes(alarm)),
  );
  return { next: (view, at) => Math.min(nextExpiry(windowed, view, at), nextRing(rings, view, at)) };
}

/** Ages of one instant ring by one function, that reads it once; of other alarms each once. */
function ringsOfAll(plan: PlanSource, alarms: readonly Alarm[]): readonly Rings[] {
  const ages = new Map<string, { readonly instant: Operand; readonly offsets: Set<number> }>();
  const others = new Map<string, Alarm>();
  for (const alarm of alarms) {
    if (alarm.kind !== "age") {
      others.set(JSON.stringify(alarm), alarm);
      continue;
    }
    const key = JSON.stringify(alarm.instant);
    const known = ages.get(key);
    if (known === undefined) ages.set(key, { instant: alarm.instant, offsets: new Set([alarm.offsetMs]) });
    else known.offsets.add(alarm.offsetMs);
  }
  return [
    ...[...ages.values()].map(({ instant, offsets }) =>
      ageRings(
        numberReader(plan, instant),
        [...offsets].sort((a, b) => a - b),
      ),
    ),
    ...[...others.values()].map((alarm) => ringsOf(plan, alarm)),
  ];
}

function nextRing(rings: readonly Rings[], view: ProfileView, at: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rings.length; i++) {
    const ring = (rings[i] as Rings)(view, at);
    if (ring < next) next = ring;
  }
  return next;
}

function nextExpiry(windowed: readonly Windowed[], view: ProfileView, at: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { aggregate, lowestBoundary } of windowed) {
    if (lowestBoundary > Number.NEGATIVE_INFINITY && view.aggregate(aggregate, at) < lowestBoundary) continue;
    const until = view.aggregateValidUntil(aggregate, at);
    if (until < next) next = until;
  }
  return next;
}

function windowedOf(plan: PlanSource, reads: Reads, aggregate: number): readonly Windowed[] {
  const source = plan.aggregates[aggregate];
  if (
    source === undefined ||
    (source.reduce !== "sequence" && !movesWithTime(source.window)) ||
    !reads.aggregates.has(aggregate)
  )
    return [];
  const lowestBoundary = counts(source.reduce)
    ? (reads.lowestBoundaries.get(aggregate) ?? Number.NEGATIVE_INFINITY)
    : Number.NEGATIVE_INFINITY;
  return lowestBoundary === Number.POSITIVE_INFINITY ? [] : [{ aggregate, lowestBoundary }];
}

/** Fixed days gain contributions and lose none. */
function movesWithTime({ kind }: Window): boolean {
  return kind === "last" || kind === "calendar";
}
