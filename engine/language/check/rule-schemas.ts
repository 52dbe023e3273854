/**
 * JSON Schema of every kind of rule file, for editors: `generated/rules/` keeps them, the control plane serves them, and
 * `vif editor` puts them beside a brand's rules. They are made from the tables by which files are read.
 */
import type { Schema } from "../files/file-schema.ts";
import { RULE_KINDS } from "./rule-kinds.ts";

export interface RuleSchema {
  /** Of the file that it is kept and served as. */
  readonly name: string;
  /** The rule files that it is about, relative to the brand folder. */
  readonly files: string;
  readonly schema: Schema;
}

export const ruleSchemas: readonly RuleSchema[] = RULE_KINDS.map(({ kind, place, schema }) => ({
  name: `${kind}.schema.json`,
  files: place.endsWith(".yaml") ? place : `${place}/**/*.yaml`,
  schema: { $schema: "http://json-schema.org/draft-07/schema#", ...schema },
}));

/** By file name, as kept in the tree. */
export function renderRuleSchemas(): Readonly<Record<string, string>> {
  return Object.fromEntries(ruleSchemas.map(({ name, schema }) => [name, `${JSON.stringify(schema, undefined, 2)}\n`]));
}
