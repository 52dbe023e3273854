/**
 * Segments and contents as feature flags. A segment is the boolean `segment.NAME`; a content is the text `NAME`, the
 * template that is shown, and the object `view.NAME`, with the values and the markup of it. Rules' names have no dot, so no
 * two of these are ever the same. Pure.
 */
import type { PlanDigest } from "../../model/ids.ts";
import type { SegmentsRead } from "../../shard/port.ts";
import type { ShownDecision } from "../replies.ts";

export interface Evaluation {
  readonly key: string;
  readonly value: boolean | string | { readonly [name: string]: unknown };
  readonly variant: string;
  readonly reason: "TARGETING_MATCH" | "DEFAULT" | "STALE";
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** All that is decided for one person at one instant. */
export interface Decided {
  readonly known: boolean;
  readonly plan: PlanDigest;
  readonly decisions: readonly ShownDecision[];
  readonly segments: SegmentsRead;
}

const SEGMENT = "segment.";
const VIEW = "view.";

/** undefined: there is no such flag. */
export function flagOf(key: string, decided: Decided): Evaluation | undefined {
  if (key.startsWith(SEGMENT)) return segmentFlag(key.slice(SEGMENT.length), decided);
  const isView = key.startsWith(VIEW);
  const name = isView ? key.slice(VIEW.length) : key;
  const decision = decided.decisions.find(({ content }) => content === name);
  if (decision === undefined) return undefined;
  return isView ? viewFlag(decision, decided) : contentFlag(decision, decided);
}

/** Contents in the order of their names, then segments. */
export function allFlags(decided: Decided): readonly Evaluation[] {
  return [
    ...decided.decisions.flatMap((decision) => [contentFlag(decision, decided), viewFlag(decision, decided)]),
    ...Object.keys(decided.segments.inside)
      .sort()
      .flatMap((name) => segmentFlag(name, decided) ?? []),
  ];
}

function contentFlag({ content, show, choice }: ShownDecision, { known, plan, segments }: Decided): Evaluation {
  const reason = segments.warming.includes(content) ? "STALE" : choice > 0 ? "TARGETING_MATCH" : "DEFAULT";
  return { key: content, value: show, variant: show, reason, metadata: { plan, known, choice } };
}

function viewFlag(decision: ShownDecision, decided: Decided): Evaluation {
  const { content, show, choice, values, html } = decision;
  const value = { show, choice, values: values ?? {}, ...(html !== undefined && { html }) };
  return { ...contentFlag(decision, decided), key: `${VIEW}${content}`, value };
}

function segmentFlag(name: string, { known, plan, segments }: Decided): Evaluation | undefined {
  if (!Object.hasOwn(segments.inside, name)) return undefined;
  const value = segments.inside[name] === true;
  const reason = segments.warming.includes(name) ? "STALE" : value ? "TARGETING_MATCH" : "DEFAULT";
  return { key: `${SEGMENT}${name}`, value, variant: value ? "in" : "out", reason, metadata: { plan, known } };
}
