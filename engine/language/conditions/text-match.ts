/** `contains`, `starts with`, `ends with`, `matches` on text, exact to the letter; `contains` also on lists. */
import { anyTime } from "../time/alarms.ts";
import { js } from "../compile/code.ts";
import { matchesGlob } from "../calls/glob.ts";
import { plainType, typeName } from "../check/value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkTextMatch: Check<"text-match"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  const { type } = left.type;
  if (type !== "text" && !(type === "list" && syntax.how === "contains")) {
    const message = `\`${left.written}\` is ${typeName(left.type)}: \`${syntax.how}\` cannot be applied`;
    const suggestion = type === "list" ? `write \`${left.written} contains VALUE\`` : "it applies to text";
    checking.report({ code: "not_applicable", span: syntax.operatorSpan, message, suggestion });
    return undefined;
  }
  if (syntax.how === "matches" && syntax.right.kind !== "text") {
    const message = "a glob is a text in quotes";
    checking.report({
      code: "not_applicable",
      span: syntax.right.span,
      message,
      suggestion: 'write `matches "Saint-*"`',
    });
    return undefined;
  }
  if (syntax.how === "matches" && syntax.right.kind === "text" && EXPRESSION.test(syntax.right.value)) {
    const message = "this looks like a regular expression, and of a glob nearly every sign means itself";
    const suggestion = `\`*\` is any run of signs and \`?\` one: write \`matches "${asGlob(syntax.right.value)}"\``;
    checking.report({ code: "not_applicable", span: syntax.right.span, message, suggestion });
    return undefined;
  }
  // A part of a text need not be one of the values that the field may have; a list's part must.
  const whole = { ...plainType("text"), oneOf: type === "list" ? left.type.oneOf : undefined };
  const right = checking.value(syntax.right, { ...left, type: whole });
  if (right === undefined) return undefined;
  if (type === "text" && right.kind === "literal" && right.value === "" && syntax.how !== "matches") {
    const message = `every text \`${syntax.how}\` the empty text`;
    const suggestion = `write \`${left.written} is known\``;
    checking.report({ code: "always_the_same", span: syntax.right.span, message, suggestion });
    return undefined;
  }
  return { kind: "text-match", how: syntax.how, left: left.operand, right };
};

/** What a text rarely has and a regular expression nearly always: `^`, `.*`, `(a|b)`. */
const EXPRESSION = /^\^|\.[*+]|\([^)]*\|/;

/** The nearest glob, where there is one. */
function asGlob(expression: string): string {
  const glob = expression.replace(/^\^|\$$/g, "").replace(/\.[*+]/g, "*");
  return /^[\p{L}\p{N}*?@ _-]+$/u.test(glob) ? glob : "Saint-*";
}

export const textMatch: KindOf<"text-match"> = {
  ...quiet,
  operands: (node) => [node.left, node.right],
  alarms: (node) => [node.left, node.right].flatMap(anyTime),
  holds: (node, facts) => {
    const left = facts.value(node.left);
    const right = facts.value(node.right);
    if (typeof right !== "string" || left === undefined) return false;
    if (typeof left !== "string") return Array.isArray(left) && left.includes(right);
    switch (node.how) {
      case "contains":
        return left.includes(right);
      case "starts with":
        return left.startsWith(right);
      case "ends with":
        return left.endsWith(right);
      case "matches":
        return matchesGlob(left, right);
    }
  },
  compile: (node, emit) => {
    const left = emit.operand(node.left);
    const right = emit.operand(node.right);
    const rightKnown = node.right.kind === "literal" ? undefined : emit.known(node.right);
    const guard = rightKnown === undefined ? js`${left} !== undefined` : js`${left} !== undefined && ${rightKnown}`;
    switch (node.how) {
      // Texts and lists both have `includes`.
      case "contains":
        return js`(${guard} && ${left}.includes(${right}))`;
      case "starts with":
        return js`(${guard} && ${left}.startsWith(${right}))`;
      case "ends with":
        return js`(${guard} && ${left}.endsWith(${right}))`;
      case "matches":
        return js`R.matches(${left}, ${right})`;
    }
  },
  print: (node, printing) => `${printing.operand(node.left)} ${node.how} ${printing.value(node.right)}`,
  say: (node, saying) => [`${saying.operand(node.left)} ${node.how} ${saying.operand(node.right)}`],
};
