/** `places.yaml`: points on earth by kind and name, such as the brand's stores. */
import { packPlace } from "../../model/place.ts";
import { placesMax } from "../../limits-of-rules.ts";
import type { Report } from "../source/problem.ts";
import { checkName } from "../check/vocabulary.ts";
import { parseYaml, type YamlValue } from "../source/yaml-source.ts";
import { anyKeysSchema, mappingSchema } from "./file-schema.ts";
import { headOf, readMap, readMapping, reportEmpty } from "./mapping.ts";
import type { FileKind, PlacesDeclaration } from "./rule-declarations.ts";

const form = { what: "places.yaml", keys: ["places"], required: ["places"] } as const;

const pointSchema = {
  type: "array",
  items: { type: "number" },
  minItems: 2,
  maxItems: 2,
  description: "Degrees north and degrees east: `[45.76, 4.84]`.",
};
const keys = { places: anyKeysSchema(anyKeysSchema(pointSchema, "By name."), "By kind, such as `store`.") };

export const placesFile: FileKind<PlacesDeclaration> = {
  kind: "places",
  place: "places.yaml",
  schema: { title: "Places", ...mappingSchema(form, keys, "Points on earth, for `within 10 km of store lyon-1`.") },
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const groups = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values.get("places");
    const map = groups === undefined ? undefined : readMap(groups, "`places`", report);
    const places = new Map<string, ReadonlyMap<string, number>>();
    let count = 0;
    for (const { key, value } of map?.entries ?? []) {
      checkName(key, "kebab", report);
      if (value === undefined) {
        reportEmpty(key, report);
        continue;
      }
      const points = new Map<string, number>();
      for (const { key: name, value: point } of readMap(value, "a kind of places", report)?.entries ?? []) {
        if (!checkName(name, "kebab", report)) continue;
        const place = point === undefined ? reportEmpty(name, report) : readPoint(point, report);
        points.set(name.value, place ?? 0);
        count++;
      }
      places.set(key.value, points);
    }
    if (count > placesMax && map !== undefined) {
      const message = `there are at most ${placesMax} places, and these are ${count}`;
      report({ code: "over_limit", span: headOf(map), message, suggestion: "take out those that no rule needs" });
    }
    return { kind: "places", places };
  },
};

function readPoint(value: YamlValue, report: Report): number | undefined {
  const parts = value.kind === "list" ? value.parts : [];
  const degrees = parts.map((part) => (part.kind === "text" && part.value !== "" ? Number(part.value) : Number.NaN));
  const [latitude = Number.NaN, longitude = Number.NaN] = degrees;
  const place = degrees.length === 2 ? packPlace(latitude, longitude) : undefined;
  if (place !== undefined) return place;
  const message = "a place is its latitude, up to 90, and its longitude, up to 180";
  report({ code: "wrong_shape", span: headOf(value), message, suggestion: "write `[45.76, 4.84]`" });
  return undefined;
}
