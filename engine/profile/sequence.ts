/**
 * Sequences, `A then B within D`, from the streams of their steps and nothing else: a chain is one contribution a step, each
 * within its time of the one before, all of one value where they are correlated; it completes with its last step, or, where
 * that is something not to happen, when the time for it is over. Of contributions that were folded to days no chain is
 * told, neither begun nor broken.
 */
import type { Instant } from "../model/ids.ts";
import type { AppliedEvent } from "../model/plan.ts";
import { clampInstant, firstKeyAt, instantOfKey, keyOf } from "./contribution.ts";
import { lowerBound, NO_CELLS } from "./number-cells.ts";
import type { Sequence, SequencePart } from "./plan-layout.ts";
import type { Span } from "./span.ts";

/** Where the contributions of a stream are: a StreamSet. */
export interface SequenceStreams {
  point(index: number, to: Span): boolean;
}

/** Contributions in order of time. */
interface Moments {
  readonly instants: readonly Instant[];
  readonly values: readonly number[];
}

const span: Span = { cells: NO_CELLS, from: 0, count: 0, stride: 1, days: undefined, sums: undefined };

/** An event's contributions, one a stream at most. */
interface Contributed {
  readonly event: string;
  readonly key: number;
}

interface Asked {
  readonly after: Instant;
  readonly upTo: Instant;
  /** As if this event had not come. */
  readonly without?: Contributed;
}

/** The completions in (after, upTo], ascending, each instant once. */
export function completionsIn(
  streams: SequenceStreams,
  sequence: Sequence,
  { after, upTo, without }: Asked,
): readonly Instant[] {
  const moments = { from: after - sequence.lengthMs, to: upTo, without };
  let reached = momentsOf(streams, sequence.steps[0] as SequencePart, moments);
  for (const step of sequence.steps.slice(1)) {
    if (reached.instants.length === 0) return [];
    if (step.absent) return ascending(unbroken(streams, step, { reached, sequence, without }), after, upTo);
    reached = follow(reached, momentsOf(streams, step, moments), step, sequence.correlated);
  }
  return ascending(reached.instants, after, upTo);
}

/** Those of them that there are because of one event. */
export function completionsBy(
  streams: SequenceStreams,
  sequence: Sequence,
  event: AppliedEvent,
  { after, upTo }: { readonly after: Instant; readonly upTo: Instant },
): readonly Instant[] {
  const timestamp = clampInstant(event.timestamp);
  // It is one of their steps, so they do not complete before it, nor long after it.
  const span = { after: Math.max(after, timestamp - 1), upTo: Math.min(upTo, timestamp + sequence.lengthMs) };
  const all = completionsIn(streams, sequence, span);
  if (all.length === 0) return all;
  const without = { event: event.name, key: keyOf(timestamp, event.digest) };
  const others = new Set(completionsIn(streams, sequence, { ...span, without }));
  return all.filter((instant) => !others.has(instant));
}

/** The earliest completion after `at` that comes by time alone; Infinity when none does. */
export function nextCompletion(streams: SequenceStreams, sequence: Sequence, at: Instant): Instant {
  const last = sequence.steps.at(-1) as SequencePart;
  if (!last.absent) return Number.POSITIVE_INFINITY;
  // Steps dated ahead of this node's clock are waited after as well: nothing else will look at them again.
  const span = { from: at - sequence.lengthMs, to: Number.POSITIVE_INFINITY };
  let reached = momentsOf(streams, sequence.steps[0] as SequencePart, span);
  for (const step of sequence.steps.slice(1, -1))
    reached = follow(reached, momentsOf(streams, step, span), step, sequence.correlated);
  const due = unbroken(streams, last, { reached, sequence }).filter((instant) => instant > at);
  return Math.min(Number.POSITIVE_INFINITY, ...due);
}

/** How far a sequence has come of which the next step may still come, or still not come. */
export interface UnderWay {
  /** When each of its first steps came. */
  readonly came: readonly Instant[];
  /** Until when the next step is waited for. */
  readonly until: Instant;
}

/** The chain that has come furthest, of several the one that is waited for longest; undefined: none is under way. */
export function sequenceUnderWay(streams: SequenceStreams, sequence: Sequence, at: Instant): UnderWay | undefined {
  const from = at - sequence.lengthMs;
  const { steps, correlated } = sequence;
  const stages: Moments[] = [momentsOf(streams, steps[0] as SequencePart, { from, to: at })];
  for (const step of steps.slice(1, -1))
    stages.push(follow(stages.at(-1) as Moments, momentsOf(streams, step, { from, to: at }), step, correlated));
  for (let stage = stages.length - 1; stage >= 0; stage--) {
    const next = steps[stage + 1] as SequencePart;
    const reached = stages[stage] as Moments;
    const open = next.absent
      ? unbroken(streams, next, { reached, sequence }).map((until) => until - next.withinMs)
      : reached.instants;
    const last = open.findLast((instant) => instant + next.withinMs > at);
    if (last === undefined) continue;
    // Backwards from its last step: the latest of each stage that may come before.
    const came = [last];
    const value = reached.values[reached.instants.lastIndexOf(last)];
    for (let before = stage - 1; before >= 0; before--) {
      const { instants, values } = stages[before] as Moments;
      const step = steps[before + 1] as SequencePart;
      const then = came[0] as Instant;
      const found = instants.findLast(
        (instant, index) =>
          precedes(instant, then, step.strict) &&
          then - instant <= step.withinMs &&
          (!correlated || values[index] === value),
      );
      if (found !== undefined) came.unshift(found);
    }
    return { came, until: last + next.withinMs };
  }
  return undefined;
}

/** The earliest contribution of any step that is later than `at`. */
export function nextBegin(streams: SequenceStreams, { steps }: Sequence, at: Instant): Instant {
  let begins = Number.POSITIVE_INFINITY;
  for (const { stream } of steps) {
    if (!streams.point(stream, span)) continue;
    const { cells, from, count, stride } = span;
    const next = lowerBound(cells, from, count, stride, firstKeyAt(Math.floor(at) + 1));
    if (next < count) begins = Math.min(begins, instantOfKey(cells[from + next * stride] as number));
  }
  return begins;
}

function momentsOf(
  streams: SequenceStreams,
  { stream, event }: SequencePart,
  {
    from: earliest,
    to,
    without,
  }: { readonly from: Instant; readonly to: Instant; readonly without?: Contributed | undefined },
): Moments {
  const instants: Instant[] = [];
  const values: number[] = [];
  let omitted = without?.event === event ? without.key : Number.NaN;
  if (streams.point(stream, span)) {
    const { cells, from, count, stride } = span;
    const first = earliest > 0 ? lowerBound(cells, from, count, stride, firstKeyAt(Math.floor(earliest))) : 0;
    for (let i = first; i < count; i++) {
      const key = cells[from + i * stride] as number;
      const instant = instantOfKey(key);
      if (instant > to) break;
      if (key === omitted) {
        omitted = Number.NaN;
        continue;
      }
      instants.push(instant);
      values.push(stride === 1 ? 1 : (cells[from + i * stride + 1] as number));
    }
  }
  return { instants, values };
}

/** Those of `next` that follow one of `reached` in time: the latest before each decides. */
function follow(reached: Moments, next: Moments, step: SequencePart, correlated: boolean): Moments {
  const latest = new Map<number, Instant>();
  const instants: Instant[] = [];
  const values: number[] = [];
  let seen = 0;
  for (const [i, instant] of next.instants.entries()) {
    const value = next.values[i] as number;
    while (seen < reached.instants.length && precedes(reached.instants[seen] as number, instant, step.strict)) {
      latest.set(correlated ? (reached.values[seen] as number) : 0, reached.instants[seen] as number);
      seen++;
    }
    const before = latest.get(correlated ? value : 0);
    if (before === undefined || instant - before > step.withinMs) continue;
    instants.push(instant);
    values.push(value);
  }
  return { instants, values };
}

function precedes(before: Instant, instant: Instant, strict: boolean): boolean {
  return strict ? before < instant : before <= instant;
}

/** When the time is over of those after which the step has not come. */
function unbroken(
  streams: SequenceStreams,
  step: SequencePart,
  {
    reached,
    sequence,
    without,
  }: { readonly reached: Moments; readonly sequence: Sequence; readonly without?: Contributed | undefined },
): readonly Instant[] {
  const [first = 0] = reached.instants;
  const breaks = momentsOf(streams, step, { from: first, to: Number.POSITIVE_INFINITY, without });
  // Before the oldest that is kept exactly nobody knows whether it came.
  const known = streams.point(step.stream, span) && span.days !== undefined ? (breaks.instants[0] ?? first) : first;
  const over: Instant[] = [];
  for (const [i, instant] of reached.instants.entries()) {
    if (instant < known) continue;
    const value = reached.values[i] as number;
    const comes = breaks.instants.some(
      (other, n) =>
        other > instant && other - instant <= step.withinMs && (!sequence.correlated || breaks.values[n] === value),
    );
    if (!comes) over.push(instant + step.withinMs);
  }
  return over;
}

function ascending(instants: readonly Instant[], after: Instant, upTo: Instant): readonly Instant[] {
  const within = instants.filter((instant) => instant > after && instant <= upTo);
  return [...new Set(within)].sort((a, b) => a - b);
}
