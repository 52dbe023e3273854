/** `pressure.yaml`: how much one person is sent at most, and when nothing is sent. */
import { conditionsPerRuleMax } from "../../limits-of-rules.ts";
import { EVERYTHING } from "../../model/holdout.ts";
import type { Report } from "../source/problem.ts";
import { parseYaml, type YamlValue } from "../source/yaml-source.ts";
import { listSchema, mappingSchema, noteSchema, textSchema, titleSchema } from "./file-schema.ts";
import { readHoldout } from "./holdout.ts";
import { headOf, readMapping, readText } from "./mapping.ts";
import { readTime } from "./occasion.ts";
import { readRate } from "./rates.ts";
import type { FileKind, PressureDeclaration } from "./rule-declarations.ts";

const form = {
  what: "pressure.yaml",
  keys: ["title", "note", "caps", "quiet hours", "holdout"],
  required: [],
} as const;
const capForm = { what: "a cap", keys: ["category", "channel", "at most"], required: ["at most"] } as const;
const quietForm = { what: "quiet hours", keys: ["category", "channel", "between"], required: ["between"] } as const;

const reach = {
  category: textSchema("Which messages: a category of triggers. All where nothing is said."),
  channel: textSchema("By which channel. Every one where nothing is said."),
};
const cap = mappingSchema(capForm, { ...reach, "at most": textSchema("Such as `3 per 7 days`.") }, "A cap.");
const quiet = mappingSchema(
  quietForm,
  { ...reach, between: textSchema("Local times, such as `21:00 and 08:00`.") },
  "When nothing is sent.",
);
const keys = {
  title: titleSchema,
  note: noteSchema,
  caps: listSchema(cap, "How much one person is sent at most."),
  "quiet hours": listSchema(quiet, "When nothing is sent, by the customer's own clock."),
  holdout: textSchema(
    "A percentage of profiles that are sent, and shown, nothing but what is owed to them, to compare with: `5%`.",
  ),
};

export const pressureFile: FileKind<PressureDeclaration> = {
  kind: "pressure",
  place: "pressure.yaml",
  schema: { title: "Pressure", ...mappingSchema(form, keys, "How much one person is sent.") },
  read: (file, _stem, report) => {
    const yaml = parseYaml(file, report);
    const values = yaml === undefined ? undefined : readMapping(yaml, form, report)?.values;
    return {
      kind: "pressure",
      caps: partsOf(values?.get("caps"), "caps", report).flatMap((part) => {
        const cap = readMapping(part, capForm, report)?.values;
        const atMost = readRate(cap?.get("at most"), report);
        return atMost === undefined ? [] : [{ ...readReach(cap, report), atMost }];
      }),
      quiet: partsOf(values?.get("quiet hours"), "quiet hours", report).flatMap((part) => {
        const hours = readMapping(part, quietForm, report)?.values;
        const span = readSpan(hours?.get("between"), report);
        return span === undefined ? [] : [{ ...readReach(hours, report), ...span }];
      }),
      holdout: readHoldout(values?.get("holdout"), EVERYTHING, report),
    };
  },
};

function partsOf(value: YamlValue | undefined, what: string, report: Report): readonly YamlValue[] {
  if (value === undefined) return [];
  if (value.kind !== "list") {
    const suggestion = "put each on a line of its own after `- `";
    report({ code: "wrong_shape", span: headOf(value), message: `\`${what}:\` is followed by a list`, suggestion });
    return [];
  }
  if (value.parts.length <= conditionsPerRuleMax) return value.parts;
  const message = `there are at most ${conditionsPerRuleMax} ${what}`;
  report({ code: "over_limit", span: value.span, message, suggestion: "leave out those that others include" });
  return [];
}

function readReach(values: ReadonlyMap<string, YamlValue> | undefined, report: Report) {
  return {
    category: readText(values?.get("category"), "a category", report),
    channel: readText(values?.get("channel"), "a channel", report),
  };
}

function readSpan(value: YamlValue | undefined, report: Report) {
  const text = readText(value, "quiet hours", report);
  if (text === undefined) return undefined;
  const [, from, until] = /^(\S+) and (\S+)$/.exec(text.value) ?? [];
  if (from === undefined || until === undefined) {
    const suggestion = "write `between: 21:00 and 08:00`";
    report({ code: "wrong_shape", span: text.span, message: "quiet hours are two times of day", suggestion });
    return undefined;
  }
  const fromMs = readTime(from, text.span, report);
  const untilMs = readTime(until, text.span, report);
  if (fromMs === undefined || untilMs === undefined) return undefined;
  if (fromMs !== untilMs) return { fromMs, untilMs };
  const suggestion = "write `between: 21:00 and 08:00`; what is never to be sent needs no rule";
  report({
    code: "always_the_same",
    span: text.span,
    message: "quiet hours end at another time than they begin",
    suggestion,
  });
  return undefined;
}
