/** `city is Paris or Lyon`, as people say it: a value where a whole condition must stand. What to write is known, and told. */
import type { Checking } from "../conditions/kind.ts";
import type { ConditionSyntax } from "../grammar/syntax.ts";

/** @returns whether there was such a value, which is then reported; further ones are part of the same advice */
export function reportShortened(parts: readonly ConditionSyntax[], checking: Checking): boolean {
  const first = parts.findIndex((part, index) => isBare(part, checking) && adviceAfter(parts[index - 1], checking));
  const [before, ...rest] = parts.slice(Math.max(0, first - 1));
  const advise = adviceAfter(before, checking);
  if (first < 1 || advise === undefined) return false;
  const end = rest.findIndex((part) => !isBare(part, checking));
  const bare = (end < 0 ? rest : rest.slice(0, end)).map(({ span }) => span);
  const [span = { start: 0, end: 0 }] = bare;
  const message = `after \`or\` a whole condition is expected, and \`${checking.written(span)}\` is none`;
  const values = bare.map((each) => checking.written(each));
  checking.report({ code: "condition_syntax", span, message, suggestion: `write \`${advise(values)}\`` });
  return true;
}

type Advise = (values: readonly string[]) => string;

/** Where what stands before compares something with a value: how to compare it with several. */
function adviceAfter(before: ConditionSyntax | undefined, checking: Checking): Advise | undefined {
  if (before?.kind !== "compare" && before?.kind !== "text-match") return undefined;
  const left = checking.written(before.left.span);
  const right = checking.written(before.right.span);
  if (before.kind === "compare") {
    const word = { "=": "in", "!=": "not in" }[before.operator as string];
    return word === undefined ? undefined : (values) => `${left} ${word} [${[right, ...values].join(", ")}]`;
  }
  return (values) => [right, ...values].map((value) => `${left} ${before.how} ${value}`).join(" or ");
}

function isBare(part: ConditionSyntax, checking: Checking): boolean {
  if (part.kind !== "truth") return false;
  const { left } = part;
  if (left.kind === "word") return !left.ticked && !checking.isName(left.name);
  return ["text", "number", "instant", "time", "percentage"].includes(left.kind);
}
