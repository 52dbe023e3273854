/** `triggers/*.yaml`: when something is sent to somebody, what, and within which bounds. */
import { CHANNELS } from "../../model/message.ts";
import type { Report } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";
import { checkName } from "../check/vocabulary.ts";
import { type YamlText, type YamlValue } from "../source/yaml-source.ts";
import {
  choiceSchema,
  conditionDefinitions,
  conditionSchema,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { hide, reveal } from "./hidden-signs.ts";
import { readHoldout } from "./holdout.ts";
import { headOf, readMapping, readText } from "./mapping.ts";
import { readOccasion } from "./occasion.ts";
import { IF_UNKNOWN, readChoice, STILL } from "./sending-choices.ts";
import { readChannels, readLength, readRate, readWait } from "./rates.ts";
import { readNamedRule } from "./named-rule.ts";
import type { FileKind, TriggerDeclaration } from "./rule-declarations.ts";
import { readWhen } from "./when.ts";

const form = {
  what: "a trigger",
  keys: [
    "trigger",
    "title",
    "note",
    "on",
    "when",
    "send",
    "category",
    "priority",
    "expires",
    "at most",
    "competes for",
    "holdout",
    "still",
    "if unknown",
  ],
  required: ["trigger", "on", "send"],
} as const;
const sendForm = { what: "what is sent", keys: ["template", "by", "slot"], required: ["template", "by"] } as const;

const send = {
  template: nameSchema("What is rendered."),
  by: {
    anyOf: [
      textSchema("A channel, `email`, or in words `best of [whatsapp, sms, email]`."),
      {
        ...listSchema(choiceSchema(CHANNELS, "A channel."), "Several, from the best down."),
        minItems: 1,
        uniqueItems: true,
      },
    ],
    description: "A channel, `email`, or several from the best down: `[whatsapp, sms, email]`.",
  },
  slot: nameSchema(
    "By `web`: the place of a page, `data-vif-slot`, in which it is shown. `message` where nothing is said.",
  ),
};
const keys = {
  trigger: nameSchema("The name that people know it by; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  on: textSchema(
    "What sets it off: `order_completed where total >= 50`, `cart_updated then no order_completed within 1 hour`, `entered segment vip`, `3 days before renewal_date at 09:00`, `every monday at 08:00`.",
  ),
  when: conditionSchema,
  send: mappingSchema(sendForm, send, "What is sent, and how."),
  category: textSchema("`marketing` (as it is where nothing is said), `transactional`, or a purpose of consent.yaml."),
  priority: textSchema("0 to 100: of several at a time the highest is sent. 50 where nothing is said."),
  expires: textSchema("How long it still makes sense, such as `6 hours`."),
  "at most": textSchema("How often one person gets it, such as `1 per 7 days`."),
  "competes for": textSchema(
    "How long it waits for others of higher priority, such as `60 seconds`; `0 seconds`: for none.",
  ),
  holdout: textSchema("A percentage of profiles that never get it, to compare with: `10%`, or `10% by NAME`."),
  still: choiceSchema(STILL, "What was asked when it was set off is asked again when it is sent."),
  "if unknown": choiceSchema(
    IF_UNKNOWN,
    "Where nobody can tell whether it was sent: of what is owed, `send again`, at the risk of twice. `let go` where nothing is said.",
  ),
};

export const triggerFile: FileKind<TriggerDeclaration> = {
  kind: "trigger",
  place: "triggers",
  schema: {
    title: "Trigger",
    ...mappingSchema(form, keys, "When something is sent to somebody."),
    definitions: conditionDefinitions,
  },
  prepare: quoteChannels,
  read: (file, stem, report) => {
    const { values, name } = readNamedRule(quoteChannels(file), stem, { key: "trigger", form }, report);
    if (values === undefined) return { kind: "trigger", name, trigger: undefined };
    const on = readOn(values.get("on"), report);
    const when = values.get("when");
    return {
      kind: "trigger",
      name,
      trigger: {
        on: on === undefined ? undefined : readOccasion(on, report),
        hasWhen: when !== undefined,
        when: when === undefined ? undefined : readWhen(when, report),
        send: readSend(values.get("send"), report),
        category: readText(values.get("category"), "a category", report),
        priority: readPriority(values.get("priority"), report),
        expiresMs: readLength(values.get("expires"), "how long it makes sense", report),
        atMost: readRate(values.get("at most"), report),
        competesForMs: readWait(values.get("competes for"), "how long it waits", report),
        holdout: readHoldout(values.get("holdout"), name.name, report),
        still: readChoice(values.get("still"), { what: "what must hold", choices: STILL, report }),
        ifUnknown: readIfUnknown(values.get("if unknown"), report),
      },
    };
  },
};

function readOn(value: YamlValue | undefined, report: Report): YamlText | undefined {
  if (value?.kind !== "list") return readText(value, "what sets a trigger off", report);
  const message = "one thing sets a trigger off, and this is a list";
  const suggestion = "write a trigger for each; or make a segment of them, and write `entered segment NAME`";
  report({ code: "wrong_shape", span: headOf(value), message, suggestion });
  return undefined;
}

function readSend(value: YamlValue | undefined, report: Report) {
  const values = value === undefined ? undefined : readMapping(value, sendForm, report)?.values;
  const template = readText(values?.get("template"), "what is rendered", report);
  const isNamed = template !== undefined && checkName(template, "kebab", report);
  const by = values?.get("by");
  const slot = readText(values?.get("slot"), "a place of a page", report);
  return {
    template: isNamed ? template : undefined,
    slot: slot !== undefined && checkName(slot, "kebab", report) ? slot : undefined,
    by: readChannels(by?.kind === "text" ? { ...by, value: reveal(by.value) } : by, report),
  };
}

function readIfUnknown(value: YamlValue | undefined, report: Report) {
  const choice = readChoice(value, { what: "what is done where nobody knows", choices: IF_UNKNOWN, report });
  return choice === undefined || value === undefined ? undefined : { choice, span: value.span };
}

function readPriority(value: YamlValue | undefined, report: Report): number | undefined {
  const text = readText(value, "a priority", report);
  if (text === undefined || (/^\d{1,3}$/.test(text.value) && Number(text.value) <= 100))
    return text && Number(text.value);
  const suggestion = "of several at a time the highest is sent";
  report({ code: "bad_number", span: text.span, message: "a priority is a whole number from 0 to 100", suggestion });
  return undefined;
}

/** Within `{...}` YAML, and so an editor, takes the brackets of `best of [...]` for its own; here they are understood. */
function quoteChannels({ path, text }: RuleFile): RuleFile {
  return { path, text: text.replace(/\bbest of \[[^\]\n]*\]/g, hide) };
}
