/**
 * JavaScript text as a type of its own. `Code` is made only here: from templates that take nothing but `Code`, and from
 * values, which are escaped. So no text of a rule can become part of a program, whatever it says.
 */
import type { Brand } from "../../model/ids.ts";

export type Code = Brand<string, "Code">;

/** js`${left} === ${right}` */
export function js(parts: TemplateStringsArray, ...inserted: readonly Code[]): Code {
  return String.raw({ raw: parts }, ...inserted) as Code;
}

export function join(parts: readonly Code[], separator: "&&" | "||" | "&" | "|" | "+" | "," | "\n"): Code {
  return parts.join(separator) as Code;
}

/** A literal of the language: JSON text is JavaScript (ES2019). Checked again here, for plans come from a store. */
export function literal(value: string | number | boolean): Code {
  const sound = typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
  if (!sound) throw new TypeError("a literal is a text, a finite number, true or false");
  return JSON.stringify(value) as Code;
}

/** An index as part of a name: `a17`. */
export function indexed(prefix: "a" | "f" | "p" | "o" | "c", index: number): Code {
  if (!Number.isInteger(index) || index < 0) throw new TypeError("an index must be a whole number");
  return `${prefix}${index}` as Code;
}
