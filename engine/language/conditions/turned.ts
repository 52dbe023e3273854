/**
 * `entered segment X in last 7 days`, `left segment X in last 7 days`: by the last time that it was entered, or left, as
 * recorded; whether it has turned back since is another question. Evaluated after the segment, as membership is: who
 * enters it just now has entered it.
 */
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { checkDuration } from "../check/check-duration.ts";
import { printDuration } from "../grammar/duration.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkTurned: Check<"turned"> = ({ segment: name, entered, length }, checking) => {
  const segment = checking.segment(name);
  const withinMs = checkDuration(length, ruleDurationMsMax, checking);
  if (segment === undefined || withinMs === undefined) return undefined;
  return { kind: "turned", segment, entered, withinMs };
};

export const turned: KindOf<"turned"> = {
  ...quiet,
  isLeaf: false,
  operands: () => [],
  holds: ({ segment, entered, withinMs }, facts) => {
    const age = facts.at - facts.transitionAt(segment, entered);
    return age >= 0 && age < withinMs;
  },
  compile: (node, emit) => emit.turned(node),
  print: ({ segment, entered, withinMs }, printing) =>
    `${wordOf(entered)} segment ${printing.segment(segment)} in last ${printDuration(withinMs)}`,
  say: ({ segment, entered, withinMs }, saying) => [
    `the profile has ${wordOf(entered)} the segment ${saying.segment(segment)} in the last ${printDuration(withinMs)}`,
  ],
  sayNot: ({ segment, entered, withinMs }, saying) => [
    `the profile has not ${wordOf(entered)} the segment ${saying.segment(segment)} in the last ${printDuration(withinMs)}`,
  ],
  alarms: ({ segment, entered, withinMs }) => [{ kind: "turned", segment, entered, offsetMs: withinMs }],
  recalls: ({ segment, entered }, facts, printing) => {
    const at = facts.transitionAt(segment, entered);
    return [
      { name: `last ${wordOf(entered)} segment ${printing.segment(segment)}`, at: Number.isNaN(at) ? undefined : at },
    ];
  },
};

const wordOf = (entered: boolean): string => (entered ? "entered" : "left");
