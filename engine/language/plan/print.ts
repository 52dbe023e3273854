/**
 * The canonical text of checked conditions: the key of a stream, and what explanations show. Whatever a line can say is
 * printed so that it parses to the same tree again.
 */
import type { Printed } from "../calls/call.ts";
import { callKindOf } from "../calls/registry.ts";
import type { Call, Condition, Literal, Operand, PlanSource, StreamSource } from "./checked.ts";
import { tenThousand } from "./checked.ts";
import type { Printing } from "../conditions/kind.ts";
import { kindOf } from "../conditions/registry.ts";
import { printDuration } from "../grammar/duration.ts";
import { printDate, printInstant, printTime } from "../grammar/instant.ts";
import { EVENT_PROPERTIES, reservedWords, softWords } from "../grammar/keywords.ts";
import type { SequenceStep } from "../../model/plan.ts";
import { reduceWord } from "./reductions.ts";
import { printWindow } from "./window-text.ts";

/** The parts of a plan, or of a plan in the making, that names are taken from. */
export type PrintSource = Pick<PlanSource, "attributes" | "streams" | "aggregates"> & {
  readonly segments: readonly { readonly name: string }[];
  readonly zone?: PlanSource["zone"];
  readonly lists?: PlanSource["lists"];
};

export function createPrinting(plan: PrintSource): Printing {
  const printing: Printing = {
    condition: (condition) => {
      const text = kindOf(condition).print(condition, printing);
      return readsBrandClock(condition, plan) ? `${text} in brand time` : text;
    },
    part: (condition) => {
      const text = printing.condition(condition);
      return condition.kind === "all" || condition.kind === "any" ? `(${text})` : text;
    },
    operand: (operand) => printOperand(operand, plan),
    value: (operand) => {
      const text = printOperand(operand, plan);
      const isName = operand.kind === "attribute" || operand.kind === "property" || operand.kind === "event-property";
      return isName && !text.startsWith("`") ? `\`${text}\`` : text;
    },
    segment: (index) => plan.segments[index]?.name ?? `segment ${index}`,
    list: (index) => plan.lists?.[index]?.name ?? `list ${index}`,
  };
  return printing;
}

/** Where customers have clocks of their own and the rule reads the brand's. */
export function readsBrandClock(condition: Condition, plan: PrintSource): boolean {
  if ((plan.zone?.attribute ?? null) === null) return false;
  if ("whose" in condition) return condition.whose === null;
  return kindOf(condition).operands(condition).some(isBrandClock);
}

function isBrandClock(operand: Operand): boolean {
  return operand.kind === "call" && (operand.zone === null || operand.of.some(isBrandClock));
}

function printOperand(operand: Operand, plan: PrintSource): string {
  switch (operand.kind) {
    case "attribute":
      return printName(plan.attributes[operand.attribute]?.name ?? `attribute ${operand.attribute}`);
    case "property":
      return printName(operand.path.join("."));
    case "event-property":
      return EVENT_PROPERTIES + operand.path.join(".");
    case "aggregate":
      return printAggregate(operand.aggregate, plan);
    case "units":
      return printOperand(operand.of, plan);
    case "literal":
      return printLiteral(operand);
    case "person":
      return operand.reads === "id" ? "profile" : "identifiers";
    case "call":
      return printCall(operand, plan).text;
  }
}

function printCall(call: Call, plan: PrintSource): Printed {
  return callKindOf(call).print({
    text(index, binds) {
      const part = call.of[index];
      if (part === undefined) return "";
      if (part.kind !== "call") return printOperand(part, plan);
      const printed = printCall(part, plan);
      return printed.binds < binds ? `(${printed.text})` : printed.text;
    },
    callOf(index) {
      const part = call.of[index];
      return part?.kind === "call" ? part.call : undefined;
    },
  });
}

function printName(name: string): string {
  return reservedWords.includes(name) || softWords.includes(name) ? `\`${name}\`` : name;
}

/** As rules write it. */
export function printLiteral({ as, value }: Literal): string {
  switch (as) {
    case "text":
      return `"${String(value).replace(/["\\]/g, "\\$&")}"`;
    case "money":
      return String(Number(value) / tenThousand);
    case "percentage":
      return `${value}%`;
    case "duration":
      return printDuration(Number(value));
    case "instant":
      return printInstant(Number(value));
    case "date":
      return printDate(Number(value));
    case "time":
      return printTime(Number(value));
    case "number":
    case "boolean":
      return String(value);
  }
}

function printAggregate(index: number, plan: PrintSource): string {
  const aggregate = plan.aggregates[index];
  const stream = plan.streams[aggregate?.stream ?? -1];
  if (aggregate === undefined || stream === undefined) return `aggregate ${index}`;
  if (aggregate.steps !== undefined) return `${printSteps(aggregate.steps, plan)}${printWindow(aggregate.window)}`;
  const of = streamText(stream, plan);
  const { reduce, window } = aggregate;
  if (reduce === "first" || reduce === "last") return `${reduce} ${of}`;
  // Between dates lies a window, unless one is said.
  const isDate = stream.property?.type === "date" || stream.property?.type === "instant";
  const said = window.kind === "ever" && isDate ? " ever" : printWindow(window);
  return `${reduceWord(reduce)} of ${of}${said}`;
}

/** `a then no b with same id within 1 hour` */
function printSteps(steps: readonly SequenceStep[], plan: PrintSource): string {
  const texts = steps.map(({ stream, withinMs, absent }, index) => {
    const source = plan.streams[stream];
    if (source === undefined) return `stream ${stream}`;
    const event = streamText({ ...source, property: null }, plan);
    if (index === 0) return event;
    const same = source.property === null ? "" : ` with same ${printName(source.property.path.join("."))}`;
    return `then ${absent ? "no " : ""}${event}${same} within ${printDuration(withinMs)}`;
  });
  return texts.join(" ");
}

const NEEDS_NO_PARENTHESES: ReadonlySet<Condition["kind"]> = new Set([
  "compare",
  "one-of",
  "between",
  "text-match",
  "known",
]);

/** E.g. `order_completed.total` or `product_viewed where category = "shoes"`: a stream's identity. */
export function streamKey(stream: StreamSource, plan: PrintSource): string {
  return `${streamText(stream, plan)}${stream.texts === true ? " as texts" : ""}`;
}

function streamText(stream: StreamSource, plan: PrintSource): string {
  const what = stream.property === null ? stream.event : `${stream.event}.${stream.property.path.join(".")}`;
  if (stream.where === null) return what;
  const where = createPrinting(plan).condition(stream.where);
  // Without parentheses `where` holds one comparison only, and a boolean alone would take what follows for its own.
  return NEEDS_NO_PARENTHESES.has(stream.where.kind) ? `${what} where ${where}` : `${what} where (${where})`;
}

/** Parts of a group in the order of their text, each once: `a or b` and `b or a` gather the same stream. */
export function sortParts(condition: Condition, printing: Printing): Condition {
  if (condition.kind === "not") return { kind: "not", part: sortParts(condition.part, printing) };
  if (condition.kind !== "all" && condition.kind !== "any") return condition;
  const byText = new Map(
    condition.parts.map((part) => {
      const sorted = sortParts(part, printing);
      return [printing.condition(sorted), sorted] as const;
    }),
  );
  const parts = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: condition.kind, parts };
}
