/** `fields.yaml`: the attributes of a profile. */
import { RFM_GROUPS, RFM_PREFIX, RFM_TRAIT_NAMES, RFM_TRAITS } from "../../model/rfm.ts";
import { typeName } from "../check/value-type.ts";
import type { FieldEntry } from "../check/vocabulary.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { parseYaml, type YamlMap } from "../source/yaml-source.ts";
import { fieldSchema, readFieldList } from "./field-list.ts";
import { mappingSchema } from "./file-schema.ts";
import { readMap, readMapping } from "./mapping.ts";
import type { FieldsDeclaration, FileKind } from "./rule-declarations.ts";

const form = { what: "fields.yaml", keys: ["fields"], required: ["fields"] } as const;

export const fieldsFile: FileKind<FieldsDeclaration> = {
  kind: "fields",
  schema: { title: "Fields", ...mappingSchema(form, { fields: fieldSchema }, "What is known of a customer.") },
  place: "fields.yaml",
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const list = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values.get("fields");
    const map = list === undefined ? undefined : readMap(list, "`fields`", report);
    if (map === undefined) return { kind: "fields", fields: new Map(), whole: false };
    const fields = new Map(readFieldList(map, "field", report));
    checkScores(map, fields, report);
    return { kind: "fields", fields, whole: true };
  },
};

/** Fields under `rfm.` are filled by the night, which knows four of them. */
function checkScores(map: YamlMap, fields: Map<string, FieldEntry>, report: Report): void {
  for (const { key } of map.entries) {
    if (!key.value.startsWith(RFM_PREFIX)) continue;
    const trait = RFM_TRAIT_NAMES.find((name) => RFM_PREFIX + name === key.value);
    const entry = fields.get(key.value);
    if (trait === undefined) {
      const names = RFM_TRAIT_NAMES.map((name) => RFM_PREFIX + name);
      const message = `\`${key.value}\` is nothing that the night works out`;
      report({ code: "unknown_name", span: key.span, message, suggestion: suggestName(key.value, names, "names") });
    } else if (entry?.type !== undefined && entry.type.type !== RFM_TRAITS[trait]) {
      const message = `\`${key.value}\` is worked out by the night as ${RFM_TRAITS[trait]}, and this is ${typeName(entry.type)}`;
      report({ code: "type_mismatch", span: key.span, message, suggestion: `write \`type: ${RFM_TRAITS[trait]}\`` });
    } else if (entry?.kept?.retentionMs !== undefined) {
      const message = `\`${key.value}\` is worked out anew by every night, so that it does not get old`;
      report({ code: "not_applicable", span: key.span, message, suggestion: "leave `retention` out" });
    } else if (trait === "group" && entry?.type !== undefined)
      fields.set(key.value, { ...entry, type: { ...entry.type, oneOf: RFM_GROUPS } });
  }
}
