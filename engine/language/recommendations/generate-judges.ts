/**
 * Generated code that judges products by a recommendation's conditions. A product is a number, and what is read of it one
 * look into a column; a judgement stops at the first condition that settles it and makes no object.
 */
import { brandZone } from "../../model/local-zones.ts";
import type { FieldType, FieldValue, ProfileView } from "../../model/plan.ts";
import type { ProductsAtHand, ProductWord } from "../../model/recommendation.ts";
import { createRuntime, readsIn, type Runtime } from "../calls/registry.ts";
import { type Code, join, js, literal } from "../compile/code.ts";
import {
  type Constants,
  createEmitter,
  createLocals,
  declareConstants,
  type EventProperty,
  type OperandNames,
} from "../compile/emitter.ts";
import { declareValues, listsOf, namesIn } from "../compile/leaves.ts";
import { kindOf } from "../conditions/registry.ts";
import type { Condition, PlanSource } from "../plan/checked.ts";
import type { RecommendationSource } from "./checked-recommendation.ts";
import { conditionsOfRecommendation } from "./checked-recommendation.ts";
import { PRODUCT, SEED } from "./product-words.ts";

/**
 * @param aggregates and `attributes`: values as leaves read them
 * @param product the number of the product that is judged
 */
type OfProduct<Result> = (
  aggregates: Float64Array,
  attributes: readonly (FieldValue | undefined)[],
  hand: ProductsAtHand,
  product: number,
  at: number,
  view: ProfileView,
) => Result;

export interface GeneratedJudge {
  readonly allows: OfProduct<boolean>;
  readonly boost: OfProduct<number>;
}

/** Words as they are first read; a column each. */
export class ProductWords {
  readonly all: ProductWord[] = [];

  indexOf(name: string, type: FieldType): number {
    const known = this.all.findIndex((word) => word.name === name && word.type === type);
    return known >= 0 ? known : this.all.push({ name, type }) - 1;
  }
}

export function generateJudge(plan: PlanSource, rule: RecommendationSource, words: ProductWords): GeneratedJudge {
  const { only, exclude, boostWhen, boosts } = rule;
  const constants: Constants = [];
  const allowed = createBody(plan, words, constants);
  const isAllowed = allowed.emit.all([
    js`true`,
    ...partsOf(only).map((part) => {
      const unpriced = amountsOfSeed(part).map((amount) => js`!(${allowed.read(amount)} > 0)`);
      return allowed.emit.any([...unpriced, allowed.emit.condition(part)]);
    }),
    ...(exclude === null ? [] : [allowed.emit.not(allowed.emit.condition(exclude))]),
  ]);
  const boosted = createBody(plan, words, constants);
  const factors = boostWhen.map(
    (when, index) => js`b *= (${boosted.emit.condition(when)} ? ${literal(boosts[index] ?? 1)} : 1);`,
  );
  const values = join(declareValues(plan, conditionsOfRecommendation(rule)), "\n");
  const body = js`"use strict";
${declareConstants(constants)}
function allows(A, F, K, n, at, V) { const s = K.seed;
${values}
${join(allowed.declarations, "\n")}
return ${isAllowed}; }
function boost(A, F, K, n, at, V) { const s = K.seed; let b = 1;
${values}
${join(boosted.declarations, "\n")}
${join(factors, "\n")}
return b; }
return { allows, boost };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- code is made of `Code`, in which every value is escaped
  const make = new Function("O", "R", body) as (constants: Constants, runtime: Runtime) => GeneratedJudge;
  return make(constants, createRuntime(brandZone(plan.zone.brand), listsOf(plan)));
}

/** What has to hold at once, each by itself. */
function partsOf(only: Condition | null): readonly Condition[] {
  if (only === null) return [];
  return only.kind === "all" ? only.parts : [only];
}

/**
 * Amounts of the seed that a part of `only` compares with. Where one is unknown or nothing the part asks for nothing, as half
 * to double of nothing would leave every strip empty, and what stands in for the basis too.
 */
function amountsOfSeed(part: Condition): readonly EventProperty[] {
  const kind = kindOf(part);
  const own = kind
    .operands(part)
    .flatMap(readsIn)
    .filter((read): read is EventProperty => read.kind === "event-property")
    .filter(({ path: [subject], type }) => subject === SEED && type === "money");
  return [...own, ...kind.conditions(part).flatMap(amountsOfSeed)];
}

function createBody(plan: PlanSource, words: ProductWords, constants: Constants) {
  const read = createLocals("p");
  const worked = createLocals();
  const eventProperty = (operand: EventProperty): Code => read.local(operand, readCode(operand, words));
  const names: OperandNames = {
    ...namesIn(plan),
    eventProperty,
    eventPropertyKnown: (operand) => {
      const value = eventProperty(operand);
      return isNumeric(operand.type) ? js`${value} === ${value}` : js`${value} !== undefined`;
    },
    local: worked.local,
  };
  const emit = createEmitter(names, constants);
  return {
    emit,
    read: eventProperty,
    get declarations(): readonly Code[] {
      return [...read.declarations, ...worked.declarations];
    },
  };
}

const NOT_NUMERIC: ReadonlySet<FieldType> = new Set(["text", "boolean", "list"]);

/** Whether a column of the type is one of numbers. */
function isNumeric(type: FieldType): boolean {
  return !NOT_NUMERIC.has(type);
}

const DAY_MS = js`86400000`;

function readCode({ path, type }: EventProperty, words: ProductWords): Code {
  const [subject, ...rest] = path;
  switch (subject) {
    case PRODUCT:
      return js`K.columns[${literal(words.indexOf(rest.join("."), type))}].values[n]`;
    case SEED: {
      const none = isNumeric(type) ? js`NaN` : js`undefined`;
      return js`s < 0 ? ${none} : K.columns[${literal(words.indexOf(rest.join("."), type))}].values[s]`;
    }
    case "bought_days_ago":
      return js`(at - K.boughtAt[n]) / ${DAY_MS}`;
    case "viewed_days_ago":
      return js`(at - K.viewedAt[n]) / ${DAY_MS}`;
    case "in_cart":
      return js`K.inCart[n] === 1`;
    default:
      throw new TypeError("a condition on products reads a word that there is not");
  }
}
