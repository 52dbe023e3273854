/** `fields.yaml`: the attributes of a profile. */
import { parseYaml } from "../source/yaml-source.ts";
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
    return { kind: "fields", fields: readFieldList(map, "field", report), whole: true };
  },
};
