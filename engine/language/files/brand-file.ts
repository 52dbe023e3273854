/** `brand.yaml`: the brand's own clock, its customers' clocks, its currency and languages. There need not be one. */
import { weekdayNamed, WEEKDAYS } from "../grammar/weekdays.ts";
import { nearestName } from "../../model/nearest-name.ts";
import { zoneOf } from "../../model/local-time.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { parseYaml, type YamlText, type YamlValue } from "../source/yaml-source.ts";
import { choiceSchema, listSchema, LANGUAGE, mappingSchema, textSchema } from "./file-schema.ts";
import { headOf, readMapping, readText } from "./mapping.ts";
import type { BrandDeclaration, FileKind } from "./rule-declarations.ts";

const form = {
  what: "brand.yaml",
  keys: ["brand", "title", "time zone", "customer time zone", "currency", "languages", "site", "week begins on"],
  required: ["brand"],
} as const;

const keys = {
  brand: textSchema("The name of the brand."),
  title: textSchema("The brand's name as customers know it."),
  "time zone": textSchema("The zone by whose clock rules read, such as `Europe/Paris`; UTC when left out."),
  "customer time zone": textSchema("The field that holds the name of a customer's own zone."),
  currency: textSchema("The code of its currency (ISO 4217), such as `EUR`.", { pattern: "^[A-Z]{3}$" }),
  languages: listSchema(textSchema("The code of a language.", { pattern: LANGUAGE }), "What its customers read."),
  site: textSchema(
    "Where the brand's pages are, such as `https://www.example.com`: addresses in messages that begin with `/` are there.",
  ),
  "week begins on": choiceSchema(WEEKDAYS, "The first day of `this week`; monday when left out."),
};

export const brandFile: FileKind<BrandDeclaration> = {
  kind: "brand",
  schema: { title: "Brand", ...mappingSchema(form, keys, "The brand itself: clocks, currency, languages.") },
  place: "brand.yaml",
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const values = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values;
    const text = (key: (typeof form.keys)[number], what: string) => readText(values?.get(key), what, report);
    text("brand", "the name of the brand");
    readCurrencyCode(text("currency", "a currency"), report);
    return {
      kind: "brand",
      title: text("title", "a title")?.value,
      zone: readZone(text("time zone", "a time zone"), report),
      customerZone: text("customer time zone", "the name of a field"),
      languages: readLanguages(values?.get("languages"), report),
      site: readSite(text("site", "the address of a site"), report),
      weekBegins: readWeekday(text("week begins on", "a day of the week"), report),
    };
  },
};

export function readZone(text: YamlText | undefined, report: Report): string | undefined {
  if (text === undefined) return undefined;
  const zone = zoneOf(text.value);
  if (zone !== undefined) return zone.name;
  const near = nearestName(text.value, Intl.supportedValuesOf("timeZone"));
  const suggestion = near === undefined ? "zones are such as `Europe/Paris`, or `UTC`" : `did you mean \`${near}\`?`;
  report({ code: "bad_instant", span: text.span, message: `there is no time zone \`${text.value}\``, suggestion });
  return undefined;
}

export function readCurrencyCode(text: YamlText | undefined, report: Report): string | undefined {
  if (text === undefined || /^[A-Z]{3}$/.test(text.value)) return text?.value;
  const message = `\`${text.value}\` is not the code of a currency`;
  const suggestion = "codes have three capitals (ISO 4217): `EUR`";
  report({ code: "unknown_choice", span: text.span, message, suggestion });
  return undefined;
}

function readLanguages(value: YamlValue | undefined, report: Report): readonly string[] {
  if (value === undefined) return [];
  if (value.kind !== "list") {
    const message = "`languages` is a list of codes";
    report({ code: "wrong_shape", span: headOf(value), message, suggestion: "write `languages: [fr, en]`" });
    return [];
  }
  return value.parts.flatMap((part) => {
    const text = readText(part, "the code of a language", report);
    if (text === undefined) return [];
    if (/^[a-z]{2}(-[A-Z]{2})?$/.test(text.value)) return [text.value];
    const message = `\`${text.value}\` is not the code of a language`;
    report({ code: "unknown_choice", span: text.span, message, suggestion: "codes are such as `en`, `fr`, `pt-BR`" });
    return [];
  });
}

/** Only pages of this computer do without TLS. */
function readSite(text: YamlText | undefined, report: Report): string | undefined {
  if (text === undefined) return undefined;
  const site = text.value.replace(/\/$/, "");
  if (/^https:\/\/[^\s/?#"'{}@]+$|^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(site)) return site;
  const message = `\`${text.value}\` is not the address of a site`;
  report({
    code: "unknown_choice",
    span: text.span,
    message,
    suggestion: "write `https://www.example.com`, without a path",
  });
  return undefined;
}

function readWeekday(text: YamlText | undefined, report: Report): number | undefined {
  if (text === undefined) return undefined;
  const day = weekdayNamed(text.value);
  if (day !== undefined) return day;
  const message = `\`${text.value}\` is not a day of the week`;
  report({ code: "unknown_choice", span: text.span, message, suggestion: suggestName(text.value, WEEKDAYS, "days") });
  return undefined;
}
