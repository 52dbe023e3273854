/**
 * `tests/*.yaml`: what a marketer expects of the rules. The keys are steps, in the order in which they stand: `given`,
 * `events`, `advance`, `then`; a step that comes again takes a word more (`then again`, `events later`), as YAML has every key
 * once.
 */
import { TRAIT_KINDS } from "../../model/identifier.ts";
import { readInstant } from "../grammar/instant.ts";
import { suggestUnit, unitMs } from "../grammar/duration.ts";
import type { Report } from "../source/problem.ts";
import type { Expected, StepSyntax, WrittenField } from "./rule-test.ts";
import type { RuleFile } from "../source/source.ts";
import { parseYaml } from "../source/yaml-source.ts";
import type { YamlEntry, YamlText, YamlValue } from "../source/yaml-source.ts";
import {
  anyKeysSchema,
  choiceSchema,
  eitherSchema,
  listSchema,
  mappingSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { checkTitle, headOf, readMap, readMapping, readText, reportEmpty } from "./mapping.ts";
import { hide, reveal } from "./hidden-signs.ts";
import type { FileKind, TestDeclaration } from "./rule-declarations.ts";

const STEP = /^(given|events|advance|then)(?: .*)?$/;
const EVENT = /^(\d{4}-\S+)\s+([\p{L}_][\p{L}\p{N}_]*)\s*(\{.*\})?$/u;
const DURATION = /^(\d{1,6}) ([a-z]+)$/;
const IN_SEGMENT = /^(not )?in segment ([a-z0-9-]+)$/;
const NO_MESSAGE = /^no message ([a-z0-9-]+)$/;
const MESSAGE = /^message ([a-z0-9-]+)(?: by ([a-z]+))?(?:, (once|twice|\d{1,3} times))?$/;
const SKIPPED = /^message ([a-z0-9-]+) skipped(?:, ([a-z ]+))?$/;
/** Why a message is not sent, as tests write it: of the gates, those that a rule and a person can meet. */
const REASONS = [
  "no consent",
  "unsubscribed",
  "unreachable",
  "out of window",
  "pressure",
  "outbid",
  "expired",
  "condition",
];
const TIMES: Readonly<Record<string, number>> = { once: 1, twice: 2 };
const SALE_EARNS = /^sale earns (\d{1,9}) points?$/;
const SHOWS = /^([a-z0-9-]+) shows ([a-z0-9-]+)$/;

const givenForm = { what: "what is given", keys: ["profile"], required: ["profile"] } as const;

const traits = {
  ...anyKeysSchema(
    eitherSchema(textSchema("Its value."), listSchema(textSchema("One of its values."), "Its values."), "A field."),
    `Fields of the profile, by name; and what somebody is reached by: ${TRAIT_KINDS.map((kind) => `\`${kind}\``).join(", ")}.`,
  ),
  properties: {
    consent: anyKeysSchema(
      choiceSchema(["granted", "refused"], "The answer."),
      "What was said to being written to, by purpose or by purpose and channel: `marketing.email: granted`.",
    ),
  },
};
const steps = {
  given: mappingSchema(givenForm, { profile: traits }, "What is known of the person before the first event."),
  // To YAML a line whose braces hold one `key: value` is a mapping.
  events: listSchema(
    { anyOf: [textSchema("An event."), { type: "object" }] },
    "What the person does: `- 2026-01-01T10:00+01:00 order_completed {total: 1200}`. With several properties the whole line is put in single quotes.",
  ),
  advance: textSchema("How much time passes, such as `61 days`."),
  // oxlint-disable-next-line unicorn/no-thenable -- the key that marketers write
  then: listSchema(
    textSchema(
      "`in segment vip`, `not in segment vip`, `home-hero shows hero-shoes`, `message welcome by email, once`, `message welcome skipped, no consent`, `sale earns 120 points`.",
    ),
    "What must hold now.",
  ),
};

export const testFile: FileKind<TestDeclaration> = {
  kind: "test",
  place: "tests",
  read: readTest,
  schema: {
    title: "Test",
    type: "object",
    description:
      "What is expected of the rules. Steps are done from top to bottom; one that comes again takes a word more: `then again`.",
    properties: { test: textSchema("What is tested, in words."), title: titleSchema, note: noteSchema, ...steps },
    patternProperties: Object.fromEntries(Object.entries(steps).map(([step, schema]) => [`^${step} .+$`, schema])),
    additionalProperties: false,
  },
};

function readTest(file: RuleFile, stem: string, report: Report): TestDeclaration {
  const yaml = parseYaml({ path: file.path, text: quoteEvents(file.text) }, report);
  const map = yaml === undefined ? undefined : readMap(yaml, "a test", report);
  const steps: StepSyntax[] = [];
  let name = stem;
  for (const entry of map?.entries ?? []) {
    const { key, value } = entry;
    const step = STEP.exec(key.value)?.[1];
    if (key.value === "test") name = readText(value, "the name of a test", report)?.value ?? stem;
    else if (key.value === "title") checkTitle(value, report);
    else if (key.value === "note") readText(value, "a note", report);
    else if (value === undefined) reportEmpty(key, report);
    else if (step === undefined) reportUnknownStep(entry, report);
    else steps.push(...readStep(step, value, report));
  }
  if (map !== undefined && !steps.some(({ is }) => is === "expect"))
    report({
      code: "missing_key",
      span: headOf(map),
      message: "a test needs `then:`",
      suggestion: "say what must hold: `then:` and below it `- in segment vip`",
    });
  return { kind: "test", name, path: file.path, steps };
}

function reportUnknownStep({ key }: YamlEntry, report: Report): void {
  report({
    code: "unknown_key",
    span: key.span,
    message: `a test has no \`${key.value}\``,
    suggestion: "steps are `given`, `events`, `advance`, `then`; one that comes again takes a word more: `then again`",
  });
}

function readStep(step: string, value: YamlValue, report: Report): readonly StepSyntax[] {
  switch (step) {
    case "given": {
      const given = readMapping(value, givenForm, report);
      const profile = given?.values.get("profile");
      return profile === undefined ? [] : [readGiven(profile, report)];
    }
    case "events":
      return linesOf(value, "events are", { form: EVENT_FORM, report }).flatMap((line) => readEvent(line, report));
    case "advance":
      return readAdvance(value, report);
    default:
      return linesOf(value, "what must hold is", { form: EXPECTED_FORM, report }).flatMap((line) =>
        readExpected(line, report),
      );
  }
}

/** `consent: {marketing.email: granted}` stands among the fields, and is none. */
function readGiven(profile: YamlValue, report: Report): StepSyntax {
  const entries = readMap(profile, "what is known", report)?.entries ?? [];
  const said = entries.find(({ key }) => key.value === "consent");
  const consent = said?.value === undefined ? [] : readFields(said.value, report);
  if (said !== undefined && said.value === undefined) reportEmpty(said.key, report);
  const fields = profile.kind === "map" ? { ...profile, entries: entries.filter((entry) => entry !== said) } : profile;
  return { is: "given", traits: profile.kind === "map" ? readFields(fields, report) : [], consent };
}

interface LineForm {
  readonly message: string;
  readonly suggestion: string;
}

function linesOf(
  value: YamlValue,
  what: string,
  { form, report }: { readonly form: LineForm; readonly report: Report },
): readonly YamlText[] {
  if (value.kind !== "list") {
    const message = `${what} a list, one a line after \`- \``;
    report({ code: "wrong_shape", span: headOf(value), message, suggestion: `such as ${form.suggestion}` });
    return [];
  }
  // To YAML a line may be a mapping, for its braces.
  return value.parts.flatMap((part) => {
    if (part.kind === "text") return [part];
    report({ code: "wrong_shape", span: headOf(part), ...form });
    return [];
  });
}

const EXPECTED_FORM = {
  message: "what must hold is one line of text",
  suggestion: "`in segment vip`, `not in segment vip`, or `home-hero shows hero-shoes`",
};

const EVENT_FORM = {
  message: "an event is a time, its name, and its properties in braces",
  suggestion: "`2026-01-01T10:00+01:00 order_completed {total: 1200}`",
};

function readEvent(line: YamlText, report: Report): readonly StepSyntax[] {
  const [, written, name, fields] = EVENT.exec(reveal(line.value)) ?? [];
  if (written === undefined || name === undefined) {
    report({
      code: "wrong_shape",
      span: line.span,
      ...EVENT_FORM,
    });
    return [];
  }
  const at = readInstant(written);
  if (typeof at !== "number") {
    report({ code: "bad_instant", span: line.span, ...at });
    return [];
  }
  const yaml =
    fields === undefined
      ? undefined
      : parseYaml({ path: "", text: fields }, (problem) => report({ ...problem, span: line.span }));
  const read = yaml === undefined ? [] : readFields(yaml, report).map((field) => ({ ...field, span: line.span }));
  return [{ is: "event", at, name, fields: read, span: line.span }];
}

function readFields(value: YamlValue, report: Report): readonly WrittenField[] {
  return (readMap(value, "what is known", report)?.entries ?? []).flatMap(
    ({ key, value: field }): readonly WrittenField[] => {
      if (field?.kind === "text") return [{ name: key.value, value: field.value, span: key.span }];
      if (field?.kind === "list") {
        const texts = field.parts.flatMap((part) => readText(part, "an entry of a list", report)?.value ?? []);
        return [{ name: key.value, value: texts, span: key.span }];
      }
      if (field === undefined) reportEmpty(key, report);
      else {
        const message = `\`${key.value}\` is a text, a number or a list`;
        const suggestion = `a name may have a dot: \`account.plan: pro\``;
        report({ code: "wrong_shape", span: key.span, message, suggestion });
      }
      return [];
    },
  );
}

function readAdvance(value: YamlValue, report: Report): readonly StepSyntax[] {
  const text = readText(value, "a time to advance by", report);
  if (text === undefined) return [];
  const [, count, unit = ""] = DURATION.exec(text.value) ?? [];
  const lengthMs = unitMs(unit);
  if (count !== undefined && lengthMs !== undefined) return [{ is: "advance", byMs: Number(count) * lengthMs }];
  const suggestion = count === undefined ? "`61 days`, `1 hour`" : suggestUnit(unit);
  report({ code: "bad_duration", span: text.span, message: `\`${text.value}\` is no length of time`, suggestion });
  return [];
}

function readExpected(line: YamlText, report: Report): readonly StepSyntax[] {
  const { value: text, span } = line;
  const [, not, segment] = IN_SEGMENT.exec(text) ?? [];
  if (segment !== undefined)
    return [{ is: "expect", expected: { is: "segment", segment, inside: not === undefined }, text, span }];
  const [, content, shows] = SHOWS.exec(text) ?? [];
  if (content !== undefined && shows !== undefined)
    return [{ is: "expect", expected: { is: "content", content, shows }, text, span }];
  const points = SALE_EARNS.exec(text)?.[1];
  if (points !== undefined) return [{ is: "expect", expected: { is: "points", points: Number(points) }, text, span }];
  const [, trigger, reason = ""] = SKIPPED.exec(text) ?? [];
  if (trigger !== undefined && (reason === "" || REASONS.includes(reason))) {
    const expected = { is: "message", trigger, times: undefined, by: undefined, skipped: reason } as const;
    return [{ is: "expect", expected, text, span }];
  }
  const message = readMessage(text);
  if (message !== undefined) return [{ is: "expect", expected: message, text, span }];
  report({
    code: "wrong_shape",
    span,
    message: `\`${text}\` is nothing that can be expected`,
    suggestion:
      "`in segment vip`, `not in segment vip`, `home-hero shows hero-shoes`, `message welcome by email, once`, `no message welcome`, `message welcome skipped, no consent`, or `sale earns 120 points`",
  });
  return [];
}

/** What has been set off since the test began. */
function readMessage(text: string): Extract<Expected, { is: "message" }> | undefined {
  const no = NO_MESSAGE.exec(text)?.[1];
  if (no !== undefined) return { is: "message", trigger: no, times: 0, by: undefined };
  const [, trigger, by, times] = MESSAGE.exec(text) ?? [];
  if (trigger === undefined) return undefined;
  const count = times === undefined ? undefined : (TIMES[times] ?? Number.parseInt(times, 10));
  return { is: "message", trigger, times: count, by };
}

/**
 * An event's line has braces and colons that YAML would take for its own; they are put out of its sight, each by one
 * character, so that every place in the file stays where it is. `readEvent` has them back from the text it is given.
 */
function quoteEvents(text: string): string {
  return text.replace(
    /^([ \t]*-[ \t]+)(\d{4}-\S+[ \t]+\S+[ \t]*)(\{.*\})?[ \t]*$/gm,
    (_, dash: string, head: string, fields = "") => dash + head + hide(String(fields)),
  );
}
