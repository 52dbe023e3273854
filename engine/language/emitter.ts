/** Turns conditions into JavaScript: operands into names that the surrounding function has declared. */
import type { Condition, Literal, Operand } from "./checked.ts";
import { tenThousand } from "./checked.ts";
import { type Code, indexed, join, js, literal } from "./code.ts";
import type { Emitter } from "./conditions/kind.ts";
import { kindOf } from "./conditions/registry.ts";

/** More values than this are looked up in a set; fewer are faster compared one by one. */
const comparedMax = 6;

/** How the surrounding function reads what is not a literal. */
export interface OperandNames {
  attribute(index: number): Code;
  aggregate(index: number): Code;
  /** Whether the aggregate is NaN when there was no event: first and last. */
  aggregateMayBeUnknown(index: number): boolean;
  property(operand: Extract<Operand, { readonly kind: "property" }>): Code;
}

/** Values that generated code refers to as `O[0]`, `O[1]`...: sets, which have no literal. */
export type Constants = ReadonlySet<Literal["value"]>[];

export function createEmitter(names: OperandNames, constants: Constants): Emitter {
  const emit: Emitter = {
    at: js`at`,
    condition: (condition: Condition) => kindOf(condition).compile(condition, emit),
    operand(operand) {
      switch (operand.kind) {
        case "literal":
          return literal(operand.value);
        case "attribute":
          return names.attribute(operand.attribute);
        case "aggregate":
          return names.aggregate(operand.aggregate);
        case "property":
          return names.property(operand);
        case "units":
          return js`${emit.operand(operand.of)} / ${literal(tenThousand)}`;
      }
    },
    known(operand) {
      switch (operand.kind) {
        case "literal":
          return undefined;
        case "attribute":
        case "property":
          return js`${emit.operand(operand)} !== undefined`;
        case "aggregate": {
          if (!names.aggregateMayBeUnknown(operand.aggregate)) return undefined;
          const value = names.aggregate(operand.aggregate);
          return js`${value} === ${value}`;
        }
        case "units":
          return emit.known(operand.of);
      }
    },
    inSegment: (segment) => js`V.inSegment(${literal(segment)})`,
    isOneOf(value, values) {
      if (values.length <= comparedMax) {
        const tests = values.map((one) => js`${value} === ${literal(one.value)}`);
        return js`(${join(tests, "||")})`;
      }
      const index = constants.push(new Set(values.map((one) => one.value))) - 1;
      return js`${indexed("o", index)}.has(${value})`;
    },
  };
  return emit;
}

/** Declares `o0`, `o1`... from the array `O`. */
export function declareConstants(constants: Constants): Code {
  return join(
    constants.map((_, index) => js`const ${indexed("o", index)} = O[${literal(index)}];`),
    "\n",
  );
}
