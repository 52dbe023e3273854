/** `+ - * /`, `round(x)`. Numbers that are kept as integers (money, durations) stay integers: halves are rounded up. */
import { tenThousand } from "../plan/checked.ts";
import type { CallKind, Values } from "./call.ts";
import type { CallName } from "./call-name.ts";

const SAID: Readonly<Record<string, string>> = { "+": "plus", "-": "minus", "*": "times", "/": "divided by" };

function infix(sign: string, binds: number, values: Values): CallKind {
  return {
    values,
    gives: "number",
    // What stands on the right of a sign binds more, as `a - (b - c)` is not `a - b - c`.
    print: (of) => ({ text: `${of.text(0, binds)} ${sign} ${of.text(1, binds + 1)}`, binds }),
    say: (of) => ({ text: `${of.text(0, binds)} ${SAID[sign]} ${of.text(1, binds + 1)}`, binds }),
  };
}

/** An infinity is no value: what is beyond all numbers is unknown. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

// Adding 0 makes 0 of -0.
const whole = (value: number): number => finite(Math.round(value) + 0);

const rounding = (unit: number): CallKind => ({
  values: (value: number) => whole(value / unit) * unit,
  gives: "number",
  print: (of) => ({ text: `round(${of.text(0, 1)})`, binds: 3 }),
});

export const arithmetic = {
  add: infix("+", 1, (a: number, b: number) => finite(a + b)),
  subtract: infix("-", 1, (a: number, b: number) => finite(a - b)),
  multiply: infix("*", 2, (a: number, b: number) => finite(a * b + 0)),
  "multiply-whole": infix("*", 2, (a: number, b: number) => whole(a * b)),
  divide: infix("/", 2, (a: number, b: number) => finite(a / b + 0)),
  "divide-whole": infix("/", 2, (a: number, b: number) => whole(a / b)),
  "percent-of": infix("*", 2, (a: number, b: number) => finite((a * b) / 100 + 0)),
  "percent-of-whole": infix("*", 2, (a: number, b: number) => whole((a * b) / 100)),
  round: rounding(1),
  "round-units": rounding(tenThousand),
} as const satisfies Partial<Record<CallName, CallKind>>;
