/** `events/*.yaml`: an event's name, as rules know it, and its properties. */
import { keptMsMin } from "../../limits-of-reconcile.ts";
import { POINTS_PROPERTIES } from "../../model/receipt.ts";
import { checkName, type FieldEntry } from "../check/vocabulary.ts";
import type { Report } from "../source/problem.ts";
import { parseYaml, type YamlMap } from "../source/yaml-source.ts";
import { checkRuleName } from "./file-name.ts";
import { mappingSchema, textSchema, titleSchema } from "./file-schema.ts";
import { propertySchema, readFieldList } from "./field-list.ts";
import { readRetention } from "./keeping.ts";
import { checkTitle, readMap, readMapping, readText } from "./mapping.ts";
import type { EventDeclaration, FileKind } from "./rule-declarations.ts";

const form = { what: "an event", keys: ["event", "title", "retention", "properties"], required: ["event"] } as const;

const keys = {
  event: textSchema(
    "The event's name as rules know it: `order_completed` for `Order Completed`. The file is called the same.",
  ),
  title: titleSchema,
  retention: textSchema(
    "How long events of this name are kept, and messages that show them can go out, such as `2 years`; for ever where nothing is said.",
  ),
  properties: propertySchema,
};

export const eventFile: FileKind<EventDeclaration> = {
  kind: "event",
  place: "events",
  schema: { title: "Event", ...mappingSchema(form, keys, "Something that people do, and what comes with it.") },
  read: (file, stem, report) => {
    const broken = { kind: "event", name: stem, properties: new Map(), whole: false } as const;
    const yaml = parseYaml(file, report);
    const values = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values;
    if (values === undefined) return broken;
    const name = readText(values.get("event"), "the name of an event", report);
    if (name !== undefined && checkName(name, "snake", report)) checkRuleName(name, stem, report);
    checkTitle(values.get("title"), report);
    const retention = values.get("retention");
    const retentionMs = readRetention(retention, report);
    if (retention !== undefined && retentionMs !== undefined && retentionMs < keptMsMin)
      report({
        code: "bad_duration",
        span: retention.span,
        message: "an event is kept for a week after it was accepted, whatever is said",
        suggestion: "write `7 days` or more",
        notice: true,
      });
    const list = values.get("properties");
    const map = list === undefined ? undefined : readMap(list, "`properties`", report);
    const whole = list === undefined || map !== undefined;
    const properties = map === undefined ? new Map() : readFieldList(map, "property", report);
    const event = name?.value ?? stem;
    if (map !== undefined) checkPoints(map, { event, properties }, report);
    return { kind: "event", name: event, properties, whole, retentionMs };
  },
};

/** What the engine itself says of a receipt is a number, whatever a file takes it for. */
function checkPoints(
  map: YamlMap,
  { event, properties }: { readonly event: string; readonly properties: ReadonlyMap<string, FieldEntry> },
  report: Report,
): void {
  for (const { key } of map.entries) {
    const type = properties.get(key.value)?.type?.type ?? "number";
    if (type === "number" || POINTS_PROPERTIES.get(event)?.includes(key.value) !== true) continue;
    const message = `\`${key.value}\` is what a receipt does to its customer's points, and so a number`;
    report({ code: "type_mismatch", span: key.span, message, suggestion: `write \`${key.value}: number\`` });
  }
}
