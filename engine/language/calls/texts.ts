/** `lowercase(x)`, `uppercase(x)`: by Unicode, whatever the language; `size of x`. */
import type { CallKind } from "./call.ts";
import type { CallName } from "./call-name.ts";

export const texts = {
  lowercase: {
    values: (text: string | undefined) => text?.toLowerCase(),
    gives: "text",
    print: (of) => ({ text: `lowercase(${of.text(0, 1)})`, binds: 3 }),
  },
  uppercase: {
    values: (text: string | undefined) => text?.toUpperCase(),
    gives: "text",
    print: (of) => ({ text: `uppercase(${of.text(0, 1)})`, binds: 3 }),
  },
  size: {
    values: (list: readonly string[] | undefined) => list?.length ?? Number.NaN,
    gives: "number",
    print: (of) => ({ text: `size of ${of.text(0, 3)}`, binds: 3 }),
  },
} as const satisfies Partial<Record<CallName, CallKind>>;
