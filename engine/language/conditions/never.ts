/** `never E where ... in last 30 days`: other words for a count of 0. */
import type { Check } from "./kind.ts";

export const checkNever: Check<"never"> = (syntax, checking) => {
  const { event, where, window, span } = syntax;
  const counted = checking.aggregate({ kind: "aggregate", reduce: "count", of: event, where, window, span });
  if (counted === undefined) return undefined;
  const none = { kind: "literal", as: "number", value: 0 } as const;
  return { kind: "compare", operator: "=", left: counted.operand, right: none };
};
