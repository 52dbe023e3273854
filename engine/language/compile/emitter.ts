/**
 * Turns conditions into JavaScript, in two ways. Within `where` as it reads: true and false, joined by && and ||, stopping
 * at the first that settles it. In rules as bits: what is about values only has been computed once into the array P, and
 * is joined by & and |, without a branch: with 1,000 rules and profiles of all sorts, mispredicted branches cost three
 * times what the work itself does.
 */
import { callKindOf } from "../calls/registry.ts";
import type { Call, Condition, ConditionOf, Literal, Operand } from "../plan/checked.ts";
import { tenThousand } from "../plan/checked.ts";
import { type Code, indexed, join, js, literal } from "./code.ts";
import type { Emitter } from "../conditions/kind.ts";
import { kindOf } from "../conditions/registry.ts";

/** More values than this are looked up in a set; fewer are faster compared one by one. */
const comparedMax = 6;

export type EventProperty = Extract<Operand, { readonly kind: "event-property" }>;

/** How the surrounding function reads what is not a literal. */
export interface OperandNames {
  attribute(index: number): Code;
  aggregate(index: number): Code;
  /** An expression that is true when the aggregate is known; undefined when it always is. */
  aggregateKnown(index: number): Code | undefined;
  property(operand: Extract<Operand, { readonly kind: "property" }>): Code;
  eventProperty(operand: EventProperty): Code;
  /** As `aggregateKnown`; absent: what is unknown is undefined. */
  eventPropertyKnown?(operand: EventProperty): Code | undefined;
  /** A local that holds what the code makes; the same local for the same operand. */
  local(operand: Operand, code: Code): Code;
}

/** Values that generated code refers to as `o0`, `o1`...: sets, which have no literal. */
export type Constants = ReadonlySet<Literal["value"]>[];

/** Conditions as true or false. */
export function createEmitter(names: OperandNames, constants: Constants): Emitter {
  const emit: Emitter = {
    at: js`at`,
    condition: (condition) => kindOf(condition).compile(condition, emit),
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
        case "event-property":
          return names.eventProperty(operand);
        case "units":
          return js`${emit.operand(operand.of)} / ${literal(tenThousand)}`;
        case "call":
          return names.local(operand, callCode(operand, emit));
        case "person":
          return names.local(operand, operand.reads === "id" ? js`V.id` : js`V.identifierValues()`);
      }
    },
    known(operand) {
      switch (operand.kind) {
        case "literal":
        case "person":
          return undefined;
        case "event-property":
          if (names.eventPropertyKnown !== undefined) return names.eventPropertyKnown(operand);
          return js`${emit.operand(operand)} !== undefined`;
        case "attribute":
        case "property":
          return js`${emit.operand(operand)} !== undefined`;
        case "aggregate":
          return names.aggregateKnown(operand.aggregate);
        case "units":
          return emit.known(operand.of);
        case "call": {
          const value = emit.operand(operand);
          return callKindOf(operand).gives === "text" ? js`${value} !== undefined` : js`${value} === ${value}`;
        }
      }
    },
    inSegment: (segment) => js`V.inSegment(${literal(segment)})`,
    turned: turnedCode,
    isOneOf(value, values) {
      if (values.length <= comparedMax) {
        const tests = values.map((one) => js`${value} === ${literal(one.value)}`);
        return js`(${join(tests, "||")})`;
      }
      const index = constants.push(new Set(values.map((one) => one.value))) - 1;
      return js`${indexed("o", index)}.has(${value})`;
    },
    all: (parts) => js`(${join(parts, "&&")})`,
    any: (parts) => js`(${join(parts, "||")})`,
    not: (part) => js`(!${part})`,
    atLeast: (count, parts) => js`(${join(parts, "+")} >= ${literal(count)})`,
  };
  return emit;
}

function turnedCode({ segment, entered, withinMs }: ConditionOf<"turned">): Code {
  const turned = js`V.transitionAt(${literal(segment)}, ${literal(entered)})`;
  return js`(${turned} > at - ${literal(withinMs)} && ${turned} <= at)`;
}

/** `R["add"](a1, f2)`; of what reads a clock `R["today"](R.zone(f3), at)`. */
function callCode(operand: Call, emit: Emitter): Code {
  const { call, of, zone } = operand;
  const values = of.map((each) => emit.operand(each));
  const named = zone === undefined || zone === null ? js`undefined` : emit.operand(zone);
  const clock = callKindOf(operand).clocked === undefined ? [] : [js`R.zone(${named})`, emit.at];
  return js`R[${literal(call)}](${join([...clock, ...values], ",")})`;
}

/** Locals of a function, `c0`, `c1` ..., each operand once; their declarations are to stand after all that they read. */
export function createLocals(letter: "c" | "p" = "c"): {
  readonly declarations: readonly Code[];
  local: OperandNames["local"];
} {
  const declarations: Code[] = [];
  const locals = new Map<string, Code>();
  return {
    declarations,
    local(operand, code) {
      const key = JSON.stringify(operand);
      const known = locals.get(key);
      if (known !== undefined) return known;
      const local = indexed(letter, locals.size);
      locals.set(key, local);
      declarations.push(js`const ${local} = ${code};`);
      return local;
    },
  };
}

/** Conditions as 1 or 0; `bitOf` gives the code that reads the bit of a condition that is about values only. */
export function createBitEmitter(bitOf: (leaf: Condition) => Code): Emitter {
  const onlyLeaves = (): never => {
    throw new TypeError("only what is computed into P reads values");
  };
  const emit: Emitter = {
    at: js`at`,
    condition(condition) {
      const kind = kindOf(condition);
      return kind.isLeaf ? bitOf(condition) : kind.compile(condition, emit);
    },
    operand: onlyLeaves,
    known: onlyLeaves,
    isOneOf: onlyLeaves,
    inSegment: (segment) => js`(+V.inSegment(${literal(segment)}))`,
    turned: (node) => js`(+${turnedCode(node)})`,
    all: (parts) => js`(${join(parts, "&")})`,
    any: (parts) => js`(${join(parts, "|")})`,
    not: (part) => js`(${part} ^ 1)`,
    atLeast: (count, parts) => js`(+(${join(parts, "+")} >= ${literal(count)}))`,
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
