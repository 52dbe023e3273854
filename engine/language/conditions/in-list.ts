/** `in list "vip-guests"`: whether any identifier that is proved to be the person's is on a list of lists/. */
import { js, literal } from "../compile/code.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkInList: Check<"in-list"> = ({ list }, checking) => {
  const index = checking.list(list);
  return index === undefined
    ? undefined
    : { kind: "in-list", list: index, of: { kind: "person", reads: "identifiers" } };
};

export const inList: KindOf<"in-list"> = {
  ...quiet,
  operands: (node) => [node.of],
  holds: (node, facts) => facts.inList(node.list),
  compile: (node, emit) => js`R.inList(${emit.operand(node.of)}, ${literal(node.list)})`,
  print: (node, printing) => `in list "${printing.list(node.list)}"`,
  say: (node, saying) => [`the person is on the list ${saying.list(node.list)}`],
  sayNot: (node, saying) => [`the person is not on the list ${saying.list(node.list)}`],
};
