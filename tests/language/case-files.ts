/** The shared vectors, cases/*.json: the language as data. `spec` is the version of the form of these files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RuleFile } from "../../engine/language/port.ts";
import type { Json, JsonObject } from "../../engine/model/event.ts";

export interface CaseFile {
  readonly spec: 1;
  readonly about: string;
  /** brand.yaml, where there is one. */
  readonly brand?: JsonObject;
  readonly fields: Readonly<Record<string, string>>;
  readonly events: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly segments?: Readonly<Record<string, string>>;
  readonly at: string;
  readonly cases: readonly {
    readonly when: Json;
    readonly holds: boolean;
    readonly profile?: JsonObject;
    /** When segments were entered and left before. */
    readonly turned?: readonly (readonly [at: string, how: "entered" | "left", segment: string])[];
    readonly events?: readonly (readonly [at: string, name: string, fields: JsonObject])[];
  }[];
}

const folder = join(import.meta.dirname, "cases");

export function readCaseFiles(): readonly { readonly name: string; readonly file: CaseFile }[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, file: JSON.parse(readFileSync(join(folder, name), "utf8")) as CaseFile }));
}

/** The rules that every case of a file stands beside. JSON is YAML. */
export function modelOf(file: CaseFile): readonly RuleFile[] {
  return [
    ...(file.brand === undefined ? [] : [{ path: "brand.yaml", text: JSON.stringify(file.brand) }]),
    { path: "fields.yaml", text: JSON.stringify({ fields: file.fields }) },
    ...Object.entries(file.events).map(([event, properties]) => ({
      path: `events/${event}.yaml`,
      text: JSON.stringify({ event, properties }),
    })),
    ...Object.entries(file.segments ?? {}).map(([segment, when]) => segmentFile(segment, when)),
  ];
}

export function segmentFile(segment: string, when: Json): RuleFile {
  return { path: `segments/${segment}.yaml`, text: JSON.stringify({ segment, when }) };
}
