/** The body of a request as what its schema says; parts that take none are never asked for theirs. */
import type { Static, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { type Refusal, refusal } from "./refusal.ts";

/** The schema is compiled when it is first wanted: an engine starts without it. */
export function createBodyReader<Schema extends TSchema>(schema: Schema): (body: unknown) => Static<Schema> | Refusal {
  let validator: Validator | undefined;
  return (body) => {
    let value: unknown;
    try {
      value = JSON.parse(String(body));
    } catch {
      return refusal("malformed_json");
    }
    validator ??= Compile(schema);
    if (validator.Check(value)) return value as Static<Schema>;
    const [first] = validator.Errors(value);
    const where = first?.instancePath === "" ? "The request" : (first?.instancePath ?? "The request");
    return refusal("invalid_field", `${where} ${first?.message ?? "is not valid"}.`);
  };
}
