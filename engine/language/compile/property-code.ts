/** Generated code that reads properties of an event from its fields `f`, each once a function. */
import type { FieldType } from "../../model/plan.ts";
import { type Code, join, js, literal } from "./code.ts";
import { createLocals } from "./emitter.ts";

export interface PropertyLocals {
  /** Of the properties asked for so far; to stand before what uses them. */
  readonly declarations: readonly Code[];
  local(operand: { readonly path: readonly string[]; readonly type: FieldType }): Code;
}

export function propertyLocals(): PropertyLocals {
  const { declarations, local } = createLocals("p");
  return {
    declarations,
    local: ({ path, type }) => local({ kind: "property", path, type }, typedRead(path, type)),
  };
}

/** What JavaScript objects inherit is never a text, a number or a boolean, so a plain access is enough for those. */
function typedRead(path: readonly string[], type: FieldType): Code {
  const json = pathRead(path);
  if (type === "text" || type === "number" || type === "boolean") {
    const wanted = literal(type === "text" ? "string" : type);
    return js`typeof ${json} === ${wanted} ? ${json} : undefined`;
  }
  return js`readValue(${json}, ${literal(type)})`;
}

export function pathRead(path: readonly string[]): Code {
  const [only] = path;
  if (path.length === 1 && only !== undefined) return js`f[${literal(only)}]`;
  return js`readPath(f, [${join(
    path.map((step) => literal(step)),
    ",",
  )}])`;
}
