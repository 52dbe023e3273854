/** `fields.yaml`: the attributes of a profile. */
import { parseYaml } from "../yaml-source.ts";
import { readFieldList } from "./field-list.ts";
import { readMap, readMapping } from "./mapping.ts";
import type { FileKind } from "./rule-declarations.ts";

const form = { what: "fields.yaml", keys: ["fields"], required: ["fields"] } as const;

export const fieldsFile: FileKind = {
  place: "fields.yaml",
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const list = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values.get("fields");
    const map = list === undefined ? undefined : readMap(list, "`fields`", report);
    if (map === undefined) return { kind: "fields", fields: new Map(), whole: false };
    return { kind: "fields", fields: readFieldList(map, "field", report), whole: true };
  },
};
