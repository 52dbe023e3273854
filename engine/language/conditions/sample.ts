/** `20% of profiles by "spring-test"`: who falls below it by a hash of the salt and the profile. */
import { refuseOtherThanEvent } from "../check/after-where.ts";
import { js, literal } from "../compile/code.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkSample: Check<"sample"> = ({ percent, percentSpan, salt }, checking) => {
  if (checking.timeless) return refuseOtherThanEvent(percentSpan, `${percent}% of profiles by ...`, checking);
  if (!(percent > 0 && percent < 100)) {
    const message = `${percent}% of profiles are ${percent > 0 ? "all of them" : "nobody"}`;
    checking.report({
      code: "always_the_same",
      span: percentSpan,
      message,
      suggestion: "write a share between 0% and 100%",
    });
    return undefined;
  }
  const of = [
    { kind: "person", reads: "id" },
    { kind: "literal", as: "text", value: salt },
  ] as const;
  return { kind: "sample", percent, share: { kind: "call", call: "share", of, type: "percentage" } };
};

export const sample: KindOf<"sample"> = {
  ...quiet,
  operands: (node) => [node.share],
  holds: (node, facts) => Number(facts.value(node.share)) < node.percent,
  compile: (node, emit) => js`(${emit.operand(node.share)} < ${literal(node.percent)})`,
  print: (node, printing) => `${node.percent}% of ${printing.operand(node.share)}`,
  say: (node, saying) => [`the profile is among ${node.percent}% of ${saying.operand(node.share)}`],
};
