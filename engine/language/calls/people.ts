/** What is asked of the person and not of values: the share that a salt gives them. */
import { shareOf } from "../../model/share.ts";
import type { CallKind } from "./call.ts";
import type { CallName } from "./call-name.ts";

export const people = {
  share: { values: shareOf, gives: "number", print: (of) => ({ text: `profiles by ${of.text(1, 3)}`, binds: 3 }) },
} as const satisfies Partial<Record<CallName, CallKind>>;
