/** `x has any of [a, b]`, `has all of`, `has none of`, of lists; all false when the list is unknown. */
import { js, join } from "../compile/code.ts";
import { anyTime } from "../time/alarms.ts";
import { plainType, typeName } from "../check/value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkHas: Check<"has"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (left.type.type !== "list") {
    const message = `\`${left.written}\` is ${typeName(left.type)}: \`has ${syntax.how} of\` is for lists`;
    const isText = left.type.type === "text";
    const suggestion = isText ? `write \`${left.written} in [...]\`` : "compare it with `=`, `>=` or `in [...]`";
    checking.report({ code: "not_applicable", span: syntax.operatorSpan, message, suggestion });
    return undefined;
  }
  const entry = { ...left, type: { ...plainType("text"), oneOf: left.type.oneOf } };
  const values = syntax.values.map((value) => checking.constant(value, entry));
  const sound = values.filter((value) => value !== undefined);
  if (sound.length < values.length) return undefined;
  const byValue = new Map(sound.map((value) => [value.value, value]));
  const sorted = [...byValue.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
  return { kind: "has", how: syntax.how, left: left.operand, values: sorted };
};

export const has: KindOf<"has"> = {
  ...quiet,
  operands: (node) => [node.left],
  alarms: (node) => anyTime(node.left),
  holds: (node, facts) => {
    const list = facts.value(node.left);
    if (typeof list !== "object") return false;
    const isIn = ({ value }: (typeof node.values)[number]): boolean => list.includes(String(value));
    switch (node.how) {
      case "any":
        return node.values.some(isIn);
      case "all":
        return node.values.every(isIn);
      case "none":
        return !node.values.some(isIn);
    }
  },
  compile: (node, emit) => {
    const list = emit.operand(node.left);
    const tests = node.values.map((value) => js`${list}.includes(${emit.operand(value)})`);
    const joined = js`(${join(tests, node.how === "all" ? "&&" : "||")})`;
    return node.how === "none" ? js`(${list} !== undefined && !${joined})` : js`(${list} !== undefined && ${joined})`;
  },
  print: (node, printing) => {
    const values = node.values.map((value) => printing.value(value)).join(", ");
    return `${printing.operand(node.left)} has ${node.how} of [${values}]`;
  },
  say: (node, saying) => {
    const values = node.values.map((value) => saying.operand(value)).join(", ");
    const known = node.how === "none" && saying.maybeUnknown(node) ? " (and is known)" : "";
    return [`${saying.operand(node.left)} has ${node.how} of ${values}${known}`];
  },
};
