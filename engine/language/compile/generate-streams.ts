/** Generated code for streams: what one event contributes, or undefined when it does not belong. */
import { summableMax } from "../../limits.ts";
import type { Json, JsonObject } from "../../model/event.ts";
import { readFieldValue, readTenThousandths } from "../../model/field-value.ts";
import type { FieldType, FieldValue } from "../../model/plan.ts";
import { utc } from "../../model/local-time.ts";
import { createRuntime, type Runtime } from "../calls/registry.ts";
import type { PlanSource, StreamSource } from "../plan/checked.ts";
import { tenThousand } from "../plan/checked.ts";
import { type Code, join, js, literal } from "./code.ts";
import { type Constants, createEmitter, createLocals, declareConstants } from "./emitter.ts";
import { pathRead, type PropertyLocals, propertyLocals } from "./property-code.ts";
import { isProductList, productIdsIn } from "../recommendations/product-lists.ts";
import { readPath } from "../plan/property-path.ts";

export type Contribution = (fields: JsonObject) => number | string | undefined;

export function generateStreams(plan: PlanSource): readonly Contribution[] {
  const constants: Constants = [];
  const functions = plan.streams.map((stream) => contribution(stream, constants));
  const body = js`"use strict";\n${declareConstants(constants)}\nreturn [${join(functions, ",")}];`;
  // oxlint-disable-next-line typescript/no-implied-eval -- code is made of `Code`, in which every value is escaped
  const make = new Function("O", "R", "readPath", "readValue", body) as (
    constants: Constants,
    runtime: Runtime,
    readPath: (fields: JsonObject, path: readonly string[]) => Json | undefined,
    readValue: (json: Json | undefined, type: FieldType) => FieldValue | undefined,
  ) => readonly Contribution[];
  return make(
    constants,
    { ...createRuntime(utc), scaled: readTenThousandths, productIds: productIdsIn },
    readPath,
    readFieldValue,
  );
}

function contribution(stream: StreamSource, constants: Constants): Code {
  const properties = propertyLocals();
  const worked = createLocals();
  const emit = createEmitter(
    {
      local: worked.local,
      property: properties.local,
      eventProperty: outside,
      attribute: outside,
      aggregate: outside,
      aggregateKnown: outside,
    },
    constants,
  );
  const belongs = stream.where === null ? js`true` : emit.condition(stream.where);
  const value = stream.property === null ? js`1` : contributed(stream.property, properties);
  return js`function (f) { ${join([...properties.declarations, ...worked.declarations], "\n")} return ${belongs} ? ${value} : undefined; }`;
}

function outside(): never {
  throw new TypeError("a `where` reads properties of the event only");
}

/** As `contributionOf` of interpret.ts. */
function contributed(property: NonNullable<StreamSource["property"]>, properties: PropertyLocals): Code {
  const { path, type } = property;
  if (isProductList(property)) return js`R.productIds(f)`;
  if (type === "number" || type === "money") return scaled(path);
  const value = properties.local(property);
  if (type === "percentage") return js`R.scaled(${value})`;
  return type === "boolean" ? js`(${value} === undefined ? undefined : +${value})` : value;
}

/** As `readTenThousandths` in model/field-value.ts. */
function scaled(path: readonly string[]): Code {
  const json = pathRead(path);
  const isSummable = js`typeof ${json} === "number" && Math.abs(${json}) <= ${literal(summableMax)}`;
  return js`(${isSummable} ? Math.round(${json} * ${literal(tenThousand)}) + 0 : undefined)`;
}
