/** `consent.yaml`: for what a customer may be written to, and by which channels. */
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { checkName } from "../check/vocabulary.ts";
import { parseYaml, type YamlText, type YamlValue } from "../source/yaml-source.ts";
import {
  anyKeysSchema,
  choiceSchema,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { checkTitle, headOf, readMap, readMapping, readText, reportEmpty } from "./mapping.ts";
import { titleOf } from "./title.ts";
import type { ConsentDeclaration, FileKind } from "./rule-declarations.ts";

const form = { what: "consent.yaml", keys: ["title", "note", "purposes", "tracking"], required: ["purposes"] } as const;
const purposeForm = { what: "a purpose", keys: ["title", "channels", "unasked"], required: ["channels"] } as const;
const UNASKED = ["allowed", "refused"] as const;

const purpose = mappingSchema(
  purposeForm,
  {
    title: titleSchema,
    channels: listSchema(textSchema("A channel."), "By which channels: `[email, sms]`."),
    unasked: choiceSchema(UNASKED, "What holds for those who have said nothing. `refused` where nothing is said."),
  },
  "For what customers are written to.",
);
const keys = {
  title: titleSchema,
  note: noteSchema,
  purposes: anyKeysSchema(purpose, "Purposes by name, such as `marketing`."),
  tracking: nameSchema(
    "The purpose by whose consent it is counted that a message was opened and its links followed. Never, where it is left out.",
  ),
};

export const consentFile: FileKind<ConsentDeclaration> = {
  kind: "consent",
  place: "consent.yaml",
  schema: { title: "Consent", ...mappingSchema(form, keys, "For what customers may be written to.") },
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const whole = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values;
    const value = whole?.get("purposes");
    const map = value === undefined ? undefined : readMap(value, "`purposes`", report);
    const purposes = (map?.entries ?? []).map(({ key, value: written }) => {
      checkName(key, "kebab", report);
      if (written === undefined) reportEmpty(key, report);
      const values = written === undefined ? undefined : readMapping(written, purposeForm, report)?.values;
      checkTitle(values?.get("title"), report);
      return {
        name: key,
        title: titleOf(values?.get("title")),
        channels: readChannelList(values?.get("channels"), report),
        unasked: readUnasked(values?.get("unasked"), report),
      };
    });
    const tracking = readText(whole?.get("tracking"), "the purpose of tracking", report);
    return { kind: "consent", purposes, tracking, whole: map !== undefined };
  },
};

function readChannelList(value: YamlValue | undefined, report: Report): readonly YamlText[] {
  if (value === undefined) return [];
  if (value.kind === "list") return value.parts.flatMap((part) => readText(part, "a channel", report) ?? []);
  const suggestion = "write `channels: [email, sms]`";
  report({ code: "wrong_shape", span: headOf(value), message: "`channels:` is followed by a list", suggestion });
  return [];
}

function readUnasked(value: YamlValue | undefined, report: Report): (typeof UNASKED)[number] {
  const text = readText(value, "what holds for those who have said nothing", report);
  const choice = UNASKED.find((each) => each === text?.value);
  if (text === undefined || choice !== undefined) return choice ?? "refused";
  const message = `\`${text.value}\` is not one of the values allowed here`;
  report({ code: "unknown_choice", span: text.span, message, suggestion: suggestName(text.value, UNASKED, "values") });
  return "refused";
}
