/** `segments/*.yaml`: who belongs to a segment. */
import {
  conditionDefinitions,
  conditionSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  titleSchema,
} from "./file-schema.ts";
import { readNamedRule } from "./named-rule.ts";
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
    const { values, name } = readNamedRule(file, stem, { key: "segment", form }, report);
    if (values === undefined) return { kind: "segment", name, when: undefined };
    const when = values.get("when");
    return {
      kind: "segment",
      name,
      when: when === undefined ? undefined : readWhen(when, report),
    };
  },
};
