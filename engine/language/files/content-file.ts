/** `content/*.yaml`: what a place on a page shows, the first choice that holds. */
import type { Report } from "../source/problem.ts";
import { checkName } from "../check/vocabulary.ts";
import { type YamlValue } from "../source/yaml-source.ts";
import {
  conditionDefinitions,
  conditionSchema,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { readHoldout } from "./holdout.ts";
import { headOf, readMapping, readText } from "./mapping.ts";
import { readNamedRule } from "./named-rule.ts";
import type { ContentDeclaration, FileKind } from "./rule-declarations.ts";
import { readWhen } from "./when.ts";

const form = {
  what: "a content",
  keys: ["content", "title", "note", "category", "holdout", "first of", "otherwise"],
  required: ["content", "otherwise"],
} as const;
const choiceForm = { what: "a choice", keys: ["when", "recommendation", "show"], required: ["show"] } as const;

const show = nameSchema("What is shown: a template of `templates/web`, or a name for the page's own code.");
const choice = mappingSchema(
  choiceForm,
  {
    when: conditionSchema,
    recommendation: nameSchema(
      "Whose products are shown: a file of `recommendations/`. Without any product it is passed over.",
    ),
    show,
  },
  "Shown when its condition holds; one with a recommendation may have none.",
);
const keys = {
  content: nameSchema("The place on the page; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  category: textSchema("What it is about, such as `marketing`: then it may only read fields that are kept for that."),
  holdout: textSchema(
    "A percentage of profiles that are shown `otherwise` whatever holds, to compare with: `10%`, or `10% by NAME`.",
  ),
  "first of": listSchema(choice, "Choices from top to bottom: the first whose condition holds is shown."),
  otherwise: { ...show, description: "What is shown when no choice holds." },
};

export const contentFile: FileKind<ContentDeclaration> = {
  kind: "content",
  place: "content",
  schema: {
    title: "Content",
    ...mappingSchema(form, keys, "What a place on a page shows."),
    definitions: conditionDefinitions,
  },
  read: (file, stem, report) => {
    const { values, name } = readNamedRule(file, stem, { key: "content", form }, report);
    if (values === undefined)
      return {
        kind: "content",
        name,
        category: undefined,
        choices: [],
        otherwise: undefined,
        holdout: undefined,
      };
    return {
      kind: "content",
      name,
      category: readText(values.get("category"), "a category", report),
      choices: readChoices(values.get("first of"), report),
      otherwise: readShow(values.get("otherwise"), report),
      holdout: readHoldout(values.get("holdout"), name.name, report),
    };
  },
};

function readChoices(value: YamlValue | undefined, report: Report): ContentDeclaration["choices"] {
  if (value === undefined) return [];
  if (value.kind !== "list") {
    const suggestion = "write each as `- {when: CONDITION, show: NAME}`";
    report({
      code: "wrong_shape",
      span: headOf(value),
      message: "`first of` is followed by a list of choices",
      suggestion,
    });
    return [];
  }
  return value.parts.map((part) => {
    const values = readMapping(part, choiceForm, report)?.values;
    const when = values?.get("when");
    const recommendation = readText(values?.get("recommendation"), "the name of a recommendation", report);
    if (values !== undefined && when === undefined && recommendation === undefined) {
      const message = "a choice needs `when:`, or `recommendation:`";
      report({ code: "missing_key", span: headOf(part), message, suggestion: "add a line `when: ...`" });
    }
    return {
      when: when === undefined ? undefined : readWhen(when, report),
      always: when === undefined && recommendation !== undefined,
      recommendation,
      show: readShow(values?.get("show"), report),
    };
  });
}

function readShow(value: YamlValue | undefined, report: Report): string | undefined {
  const name = readText(value, "what is shown", report);
  return name !== undefined && checkName(name, "kebab", report) ? name.value : undefined;
}
