/**
 * The canonical text of checked conditions: the key of a stream, and what explanations show. Whatever a line can say is
 * printed so that it parses to the same tree again.
 */
import type { Condition, Operand, PlanSource, StreamSource } from "./checked.ts";
import { tenThousand } from "./checked.ts";
import type { Printing } from "./conditions/kind.ts";
import { kindOf } from "./conditions/registry.ts";
import { printInstant } from "./instant.ts";
import { EVENT_PROPERTIES, reservedWords } from "./keywords.ts";
import { printWindow } from "./window-text.ts";

/** The parts of a plan, or of a plan in the making, that names are taken from. */
export type PrintSource = Pick<PlanSource, "attributes" | "streams" | "aggregates"> & {
  readonly segments: readonly { readonly name: string }[];
};

export function createPrinting(plan: PrintSource): Printing {
  const printing: Printing = {
    condition: (condition) => kindOf(condition).print(condition, printing),
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
  };
  return printing;
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
  }
}

function printName(name: string): string {
  return reservedWords.includes(name) ? `\`${name}\`` : name;
}

function printLiteral({ as, value }: Extract<Operand, { kind: "literal" }>): string {
  if (as === "text") return `"${String(value).replace(/["\\]/g, "\\$&")}"`;
  if (as === "money") return String(Number(value) / tenThousand);
  if (as === "instant") return printInstant(Number(value));
  return String(value);
}

function printAggregate(index: number, plan: PrintSource): string {
  const aggregate = plan.aggregates[index];
  const stream = plan.streams[aggregate?.stream ?? -1];
  if (aggregate === undefined || stream === undefined) return `aggregate ${index}`;
  const key = streamKey(stream, plan);
  const { reduce, window } = aggregate;
  if (reduce === "first" || reduce === "last") return `${reduce} ${key}`;
  return `${reduce} of ${key}${printWindow(window)}`;
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
