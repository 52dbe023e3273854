/** Finds the names of a rule test, and gives what was written the types that fields and properties are declared with. */
import type { EventName, Json, JsonObject } from "../../model/event.ts";
import type { FieldType } from "../../model/plan.ts";
import type { ContentDeclaration, TestDeclaration, TriggerDeclaration } from "../files/rule-declarations.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { readFieldValue } from "../../model/field-value.ts";
import { parseIdentifier } from "../../model/identifier-rules.ts";
import { TRAIT_KINDS, type TraitKind } from "../../model/identifier.ts";
import type { CheckedPart, Read, RuleSet } from "./rule-kind.ts";
import type { RuleTest, StepSyntax, TestStep, WrittenField } from "../files/rule-test.ts";
import { placeOf } from "../source/source.ts";
import type { FieldEntry, Vocabulary } from "./vocabulary.ts";

/** How a value of a type is written in a test. */
const SUCH_VALUES: Readonly<Record<FieldType, string>> = {
  text: "write `city: Paris`",
  number: "write digits: `18`, `12.5`",
  percentage: "write `20%`",
  money: "write digits: `12.50`",
  duration: "write `PT90M` for 90 minutes",
  boolean: "write `true` or `false`",
  instant: "write `2026-01-31T10:00+01:00`",
  date: "write `2026-01-31`",
  time: 'write `"09:30"`',
  place: "write `[45.76, 4.84]`",
  list: "write `[shoes, bags]`",
};

const SUCH_ADDRESSES: Readonly<Record<TraitKind, string>> = {
  email: "marie@example.fr",
  phone: "+33612345678",
  card: "2900000000001",
  telegram: "123456789",
};

interface TestNames {
  readonly vocabulary: Vocabulary;
  readonly contents: ReadonlyMap<string, ContentDeclaration>;
  readonly triggers: ReadonlyMap<string, TriggerDeclaration>;
  readonly hasLoyalty: boolean;
}

export function checkTests(reads: readonly Read<TestDeclaration>[], set: RuleSet): CheckedPart {
  const contents = new Map(set.reads("content").map(({ declaration }) => [declaration.name.name, declaration]));
  const triggers = new Map(set.reads("trigger").map(({ declaration }) => [declaration.name.name, declaration]));
  const names = { vocabulary: set.vocabulary, contents, triggers, hasLoyalty: set.reads("loyalty").length > 0 };
  return {
    tests: reads.map(({ declaration, file, report }) => checkTest(declaration, names, { text: file.text, report })),
  };
}

/** @param text of the file */
function checkTest(
  test: TestDeclaration,
  names: TestNames,
  at: { readonly text: string; readonly report: Report },
): RuleTest {
  const { name, path } = test;
  return { name, path, steps: test.steps.flatMap((step) => checkStep(step, names, at)) };
}

function checkStep(
  step: StepSyntax,
  { vocabulary, contents, triggers, hasLoyalty }: TestNames,
  { text, report }: { readonly text: string; readonly report: Report },
): readonly TestStep[] {
  switch (step.is) {
    case "given":
      return [{ is: "given", traits: givenOf(step, vocabulary, report) }];
    case "advance":
      return [step];
    case "event": {
      const event = vocabulary.events.get(step.name);
      if (event === undefined) {
        const suggestion = suggestName(step.name, [...vocabulary.events.keys()], "events");
        report({ code: "unknown_event", span: step.span, message: `there is no event \`${step.name}\``, suggestion });
        return [];
      }
      const fields = typed(step.fields, { known: event.properties, what: "property" }, report);
      return [{ is: "event", at: step.at, name: step.name as EventName, fields }];
    }
    case "expect": {
      const { expected, span } = step;
      const line = placeOf(text, span).line;
      if (expected.is === "segment") {
        if (vocabulary.segments.has(expected.segment)) return [{ ...step, line }];
        const suggestion = suggestName(expected.segment, [...vocabulary.segments.keys()], "segments");
        report({ code: "unknown_segment", span, message: `there is no segment \`${expected.segment}\``, suggestion });
        return [];
      }
      if (expected.is === "points") {
        if (hasLoyalty) return [{ ...step, line }];
        const message = "without a loyalty rule no sale earns points";
        report({ code: "unknown_choice", span, message, suggestion: "write one in loyalty/" });
        return [];
      }
      if (expected.is === "message") {
        const trigger = triggers.get(expected.trigger);
        const by = trigger?.trigger?.send.by?.map(({ value }) => value) ?? [];
        if (trigger !== undefined && (expected.by === undefined || by.includes(expected.by)))
          return [{ ...step, line }];
        const message =
          trigger === undefined
            ? `there is no trigger \`${expected.trigger}\``
            : `\`${expected.trigger}\` never sends by \`${expected.by}\``;
        const suggestion =
          trigger === undefined
            ? suggestName(expected.trigger, [...triggers.keys()], "triggers")
            : suggestName(expected.by ?? "", by, "channels");
        report({ code: "unknown_choice", span, message, suggestion });
        return [];
      }
      const content = contents.get(expected.content);
      const shows = content === undefined ? [...contents.keys()] : showsOf(content);
      const wanted = content === undefined ? expected.content : expected.shows;
      if (content !== undefined && shows.includes(wanted)) return [{ ...step, line }];
      const message =
        content === undefined
          ? `there is no content \`${wanted}\``
          : `\`${expected.content}\` never shows \`${wanted}\``;
      const suggestion = suggestName(wanted, shows, content === undefined ? "contents" : "choices");
      report({ code: "unknown_choice", span, message, suggestion });
      return [];
    }
  }
}

function givenOf(
  { traits, consent }: Extract<StepSyntax, { is: "given" }>,
  vocabulary: Vocabulary,
  report: Report,
): JsonObject {
  for (const { name, value, span } of traits) {
    const kind = TRAIT_KINDS.find((each) => each === name);
    const read = kind === undefined ? undefined : parseIdentifier(kind, String(value));
    if (read === undefined || !("problem" in read)) continue;
    const message = `nobody is reached by this \`${name}\`: it is ${read.problem}`;
    report({
      code: "type_mismatch",
      span,
      message,
      suggestion: `write such as \`${SUCH_ADDRESSES[kind ?? "email"]}\``,
    });
  }
  // What a person is reached by need not be a field.
  const isAddress = ({ name }: WrittenField): boolean =>
    TRAIT_KINDS.some((each) => each === name) && !vocabulary.fields.has(name);
  const addresses = traits.filter(isAddress).map(({ name, value }) => [name, String(value)] as const);
  const known = typed(
    traits.filter((trait) => !isAddress(trait)),
    { known: vocabulary.fields, what: "field" },
    report,
  );
  const said = consent.filter((each) => isConsent(each, vocabulary, report));
  const answers = Object.fromEntries(said.map(({ name, value }) => [name, String(value)]));
  return { ...known, ...Object.fromEntries(addresses), ...(said.length > 0 && { consent: answers }) };
}

/** `marketing.email: granted`, `marketing: refused`, `*.sms: refused`: of purposes and channels that there are. */
function isConsent(
  { name, value, span }: WrittenField,
  { purposes, purposesWhole }: Vocabulary,
  report: Report,
): boolean {
  if (value !== "granted" && value !== "refused") {
    const message = `a consent is \`granted\` or \`refused\`, and not \`${String(value)}\``;
    report({ code: "unknown_choice", span, message, suggestion: `write \`${name}: granted\`` });
    return false;
  }
  const [purpose = "", channel = "*"] = name.split(".");
  const channels = purpose === "*" ? [...purposes.values()].flat() : purposes.get(purpose);
  if (!purposesWhole) return true;
  if (channels === undefined) {
    const suggestion = suggestName(purpose, [...purposes.keys()], "purposes");
    report({ code: "unknown_choice", span, message: `consent.yaml has no purpose \`${purpose}\``, suggestion });
    return false;
  }
  if (channel === "*" || channels.includes(channel)) return true;
  const suggestion = suggestName(channel, channels, "channels");
  report({
    code: "unknown_choice",
    span,
    message: `nobody is asked about \`${purpose}\` by \`${channel}\``,
    suggestion,
  });
  return false;
}

function showsOf({ choices, otherwise }: ContentDeclaration): readonly string[] {
  return [...choices.map(({ show }) => show), otherwise].filter((show) => show !== undefined);
}

function typed(
  written: readonly WrittenField[],
  { known, what }: { readonly known: ReadonlyMap<string, FieldEntry>; readonly what: "field" | "property" },
  report: Report,
): JsonObject {
  const fields: Record<string, Json> = {};
  for (const { name, value, span } of written) {
    const entry = known.get(name);
    if (entry === undefined) {
      const code = what === "field" ? "unknown_name" : "unknown_property";
      const suggestion = suggestName(name, [...known.keys()], what === "field" ? "fields" : "properties");
      report({ code, span, message: `there is no ${what} \`${name}\``, suggestion });
      continue;
    }
    // Its declaration is wrong, which is reported there.
    if (entry.type === undefined) continue;
    const json = jsonOf(value, entry.type.type);
    if (json !== undefined && readFieldValue(json, entry.type.type) !== undefined) fields[name] = json;
    else
      report({
        code: "type_mismatch",
        span,
        message: `\`${name}\` is of the type ${entry.type.type}, and \`${String(value)}\` is not`,
        suggestion: SUCH_VALUES[entry.type.type],
      });
  }
  return fields;
}

function jsonOf(value: string | readonly string[], type: FieldType): Json | undefined {
  if (typeof value !== "string") return type === "list" ? value : type === "place" ? value.map(Number) : undefined;
  switch (type) {
    case "number":
    case "money":
      return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
    case "boolean":
      return value === "true" ? true : value === "false" ? false : undefined;
    case "text":
    case "instant":
    case "date":
    case "time":
    case "duration":
    case "place":
      return value;
    case "percentage":
      return value.endsWith("%") ? value : Number(value);
    case "list":
      return undefined;
  }
}
