/** Whether a value is shown as its type is: an amount as money, a date as a date, so that nobody reads `250000` for 25 euros. */
import type { FieldType } from "../../model/plan.ts";
import type { ValueType } from "../conditions/kind.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import { typeName } from "../check/value-type.ts";
import type { TemplateNode } from "./handlebars-tree.ts";
import { pluralTexts } from "./value-forms.ts";

/** By form, `""` being none: the types that it shows. */
const SHOWN_BY: Readonly<Record<string, readonly FieldType[]>> = {
  "": ["text", "number"],
  number: ["number"],
  plural: ["number"],
  percent: ["percentage", "number"],
  money: ["money"],
  date: ["date", "instant"],
  time: ["time", "instant"],
};

interface ShownAs {
  readonly type: ValueType;
  readonly span: Span;
  /** Of the word in which it stands; undefined in markup, which is of no language. */
  readonly language: string | undefined;
}

export function checkForm(
  { name, form = "", texts }: Extract<TemplateNode, { readonly is: "value" }>,
  { type, span, language }: ShownAs,
  report: Report,
): void {
  if (SHOWN_BY[form]?.includes(type.type) !== true) {
    const message = `\`${name}\` is ${typeName(type)}, and is not shown ${form === "" ? "as it stands" : `by \`${form}\``}`;
    return report({ code: "type_mismatch", span, message, suggestion: `write ${properForm(name, type)}` });
  }
  if (form === "money") {
    const [currency = ""] = texts;
    if (!/^[A-Z]{3}$/.test(currency)) {
      const message = `\`${currency}\` is not the code of a currency`;
      report({ code: "unknown_choice", span, message, suggestion: "codes have three capitals (ISO 4217): `EUR`" });
    } else if (type.currency !== undefined && type.currency !== currency) {
      const message = `\`${name}\` is in ${type.currency}, and is shown here as ${currency}`;
      report({ code: "type_mismatch", span, message, suggestion: `write {{money ${name} "${type.currency}"}}` });
    }
  }
  if (form !== "plural") return;
  if (language === undefined) {
    const message = "a plural is of a language, and the markup is of all: it stands in a word";
    return report({
      code: "not_applicable",
      span,
      message,
      suggestion: "move it into a word, and show that: `{{t.WORD}}`",
    });
  }
  const allowed = pluralTexts(language);
  if (allowed.includes(texts.length)) return;
  const message = `\`${language}\` has ${[...new Set(allowed)].join(" or ")} forms of a plural, and here are ${texts.length}`;
  report({
    code: "wrong_shape",
    span,
    message,
    suggestion: `write {{plural ${name} "point" "points"}}, in the words of \`${language}\``,
  });
}

function properForm(name: string, { type, currency = "EUR" }: ValueType): string {
  const form = Object.keys(SHOWN_BY).find((each) => each !== "" && SHOWN_BY[each]?.includes(type) === true);
  if (form === undefined) return type === "list" ? `{{#each ${name}}}{{this}}{{/each}}` : `{{#if ${name}}}...{{/if}}`;
  return form === "money" ? `{{money ${name} "${currency}"}}` : `{{${form} ${name}}}`;
}
