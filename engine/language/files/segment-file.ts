/** `segments/*.yaml`: who belongs to a segment. */
import { checkName } from "../vocabulary.ts";
import { parseYaml } from "../yaml-source.ts";
import { checkRuleName } from "./file-name.ts";
import {
  conditionDefinitions,
  conditionSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  titleSchema,
} from "./file-schema.ts";
import { checkTitle, readMapping, readText } from "./mapping.ts";
import type { FileKind, SegmentDeclaration } from "./rule-declarations.ts";
import { readWhen } from "./when.ts";

const form = { what: "a segment", keys: ["segment", "title", "note", "when"], required: ["segment", "when"] } as const;

const keys = {
  segment: nameSchema("The name that rules use; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  when: conditionSchema,
};

export const segmentFile: FileKind<SegmentDeclaration> = {
  kind: "segment",
  place: "segments",
  schema: {
    title: "Segment",
    ...mappingSchema(form, keys, "Who belongs to a segment."),
    definitions: conditionDefinitions,
  },
  read: (file, stem, report) => {
    const nowhere = { start: 0, end: 0 };
    const yaml = parseYaml(file, report);
    const values = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values;
    if (values === undefined) return { kind: "segment", name: { name: stem, span: nowhere }, when: undefined };
    const name = readText(values.get("segment"), "the name of a segment", report);
    if (name !== undefined && checkName(name, "kebab", report)) checkRuleName(name, stem, report);
    checkTitle(values.get("title"), report);
    readText(values.get("note"), "a note", report);
    const when = values.get("when");
    return {
      kind: "segment",
      name: { name: name?.value ?? stem, span: name?.span ?? nowhere },
      when: when === undefined ? undefined : readWhen(when, report),
    };
  },
};
