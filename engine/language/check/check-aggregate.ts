/** `count of`, `sum of`, `average of`, `first`, `last`...: from an event, a `where` and a window to a stream and an aggregate of the plan. */
import { refuseOtherThanEvent } from "./after-where.ts";
import type { StreamSource } from "../plan/checked.ts";
import type { Checking, TypedOperand, ValueType } from "../conditions/kind.ts";
import type { Window } from "../../model/window.ts";
import { checkWindow, lengthOf } from "./check-window.ts";
import type { CheckingOptions } from "./checking-options.ts";
import { printDuration } from "../grammar/duration.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { nearestName } from "../../model/nearest-name.ts";
import { createPrinting, sortParts } from "../plan/print.ts";
import type { Span } from "../source/source.ts";
import type { AggregateSyntax } from "../grammar/syntax.ts";
import { boundsOf, noteBound } from "./exactness.ts";
import { counts, maybeUnknown, REDUCTIONS, reduceWord, SCALED } from "../plan/reductions.ts";
import { plainType, typeName } from "./value-type.ts";
import type { EventEntry, FieldEntry } from "./vocabulary.ts";

/** @param within makes the checking of a `where`, in which names are properties of the event */
export function checkAggregate(
  syntax: AggregateSyntax,
  options: CheckingOptions,
  within: (event: EventEntry) => Checking,
): TypedOperand | undefined {
  const { report, draft } = options;
  const { reduce, span } = syntax;
  if (options.event !== undefined) return refuseOtherThanEvent(span, `${reduceWord(reduce)} of ...`, options);
  const window = checkWindow(syntax.window, report);
  const event = findEvent(syntax, options);
  if (event === undefined) return undefined;
  checkKept(syntax, event, { window, report });
  const property =
    REDUCTIONS[reduce].of === undefined ? refuseProperty(syntax, event, options) : findProperty(syntax, event, options);
  const where = checkWhere(syntax, within(event));
  if (property === undefined || where === undefined || window === undefined) return undefined;
  const source: StreamSource = {
    event: event.name,
    property: property === null ? null : { path: property.name.split("."), type: property.type.type },
    where,
    ...(property?.type.type === "text" && reduce.endsWith("-value") && { texts: true }),
  };
  const stream = addStream(source, span, options);
  if (stream === undefined) return undefined;
  const aggregate = { kind: "aggregate", aggregate: draft.aggregate({ stream, reduce, window }) } as const;
  const written = options.text.slice(span.start, span.end).replace(/\s+/g, " ");
  const type = { ...typeOf(reduce, property?.type, event), ...boundsOf(reduce, window) };
  noteBound(syntax, window, report);
  // Numbers are kept in ten-thousandths; so is money, which is money as it is.
  const isScaled = !type.counts && SCALED.includes(type.type);
  const operand = isScaled ? ({ kind: "units", of: aggregate } as const) : aggregate;
  return { operand, type, written };
}

/** The stream's index in the plan. */
export function addStream(source: StreamSource, span: Span, { draft, report }: CheckingOptions): number | undefined {
  const stream = draft.stream(source);
  if (typeof stream === "number") return stream;
  const message = `this condition has the same short id as \`${stream.collidesWith}\``;
  const suggestion = "reword one of them a little, which gives it another id";
  report({ code: "stream_collision", span, message, suggestion });
  return undefined;
}

/**
 * What has been forgotten cannot be counted. What has no end, `ever` and `since`, stays in the profile as it was counted.
 */
function checkKept(
  syntax: AggregateSyntax,
  { name, retentionMs = Number.POSITIVE_INFINITY }: EventEntry,
  { window, report }: { readonly window: Window | undefined; readonly report: Report },
): void {
  const length = window === undefined ? 0 : lengthOf(window);
  if (length <= retentionMs || !Number.isFinite(length)) return;
  const span = syntax.window?.span ?? syntax.span;
  const message = `\`${name}\` is kept for ${printDuration(retentionMs)}, and this window is ${printDuration(length)}`;
  const suggestion = `shorten the window, or keep it longer: \`retention\` in events/${name}.yaml`;
  report({ code: "beyond_retention", span, message, suggestion });
}

function typeOf(
  reduce: AggregateSyntax["reduce"],
  property: ValueType | undefined,
  { name, retentionMs }: EventEntry,
): ValueType {
  if (reduce === "first" || reduce === "last")
    return { ...plainType("instant"), ...(retentionMs !== undefined && { of: { event: name, retentionMs } }) };
  if (counts(reduce)) return { ...plainType("number"), counts: true, maybeUnknown: false };
  if (reduce.endsWith("-value") && property !== undefined) return { ...property, maybeUnknown: true };
  return {
    ...plainType(property?.type ?? "number"),
    currency: property?.currency,
    maybeUnknown: maybeUnknown(reduce),
  };
}

export function findEvent(
  syntax: Pick<AggregateSyntax, "of">,
  { vocabulary, report }: CheckingOptions,
): EventEntry | undefined {
  const { name, span } = syntax.of;
  const [eventName = ""] = name.split(".");
  const event = vocabulary.events.get(eventName);
  if (event !== undefined) return event;
  const at = {
    start: span.start,
    end: Math.min(span.end, span.start + eventName.length + (span.end - span.start - name.length)),
  };
  const suggestion = suggestName(eventName, [...vocabulary.events.keys()], "events");
  report({ code: "unknown_event", span: at, message: `there is no event \`${eventName}\``, suggestion });
  return undefined;
}

type TypedProperty = FieldEntry & { readonly type: ValueType };

function findProperty(
  syntax: AggregateSyntax,
  event: EventEntry,
  { report }: CheckingOptions,
): TypedProperty | undefined {
  const { name, span } = syntax.of;
  const { reduce } = syntax;
  const { of: types = [], otherwise } = REDUCTIONS[reduce];
  const property = name.slice(event.name.length + 1);
  const fitting = [...event.properties.values()].filter(({ type }) => type !== undefined && types.includes(type.type));
  const names = fitting.map((entry) => `${event.name}.${entry.name}`);
  if (property === "") {
    const message = `\`${reduceWord(reduce)} of\` needs a property of the event`;
    const suggestion =
      names.length === 0
        ? `\`${event.name}\` has no property that fits`
        : `write \`${reduceWord(reduce)} of ${names[0]}\``;
    report({ code: "unknown_property", span, message, suggestion });
    return undefined;
  }
  const entry = event.properties.get(property);
  if (entry === undefined) {
    if (!event.whole) return undefined;
    const near = nearestName(property, event.properties.keys());
    const suggestion =
      near === undefined
        ? suggestName(property, [...event.properties.keys()], "properties")
        : `did you mean \`${event.name}.${near}\`?`;
    report({
      code: "unknown_property",
      span,
      message: `\`${event.name}\` has no property \`${property}\``,
      suggestion,
    });
    return undefined;
  }
  const { type } = entry;
  if (type === undefined) return undefined;
  if (types.includes(type.type)) return { ...entry, type };
  const message = `\`${name}\` is ${typeName(type)}: ${otherwise}`;
  report({
    code: "not_applicable",
    span,
    message,
    suggestion: suggestName(name, names, "numbers"),
  });
  return undefined;
}

/** @returns null: no property, as it should be */
function refuseProperty(syntax: AggregateSyntax, event: EventEntry, { report }: CheckingOptions): null | undefined {
  const { name, span } = syntax.of;
  if (name === event.name) return null;
  const what = REDUCTIONS[syntax.reduce].otherwise;
  const right = counts(syntax.reduce) ? `${syntax.reduce} of ${event.name}` : `${syntax.reduce} ${event.name}`;
  report({
    code: "not_applicable",
    span,
    message: `${what}, not a property of them`,
    suggestion: `write \`${right}\``,
  });
  return undefined;
}

/** @returns null: no `where` */
export function checkWhere(
  syntax: Pick<AggregateSyntax, "where">,
  checking: Checking,
): StreamSource["where"] | undefined {
  if (syntax.where === undefined) return null;
  const checked = checking.condition(syntax.where);
  if (checked === undefined) return undefined;
  return sortParts(checked, createPrinting({ attributes: [], segments: [], streams: [], aggregates: [] }));
}
