/**
 * What a schema's validator has found wrong with one value, in words for who wrote it: what is allowed there, all of it where
 * several forms are, and never what was sent. Pure.
 */

/** Only the parts that a text for people needs. */
export interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
}

/** `be a text or null`, `have at most 256 characters or be null`: what may stand behind "must". */
export function sayAllowed(findings: readonly Finding[]): string {
  const said = findings.map(allowedBy);
  const forms = [...new Set(said.flatMap((each) => ("be" in each ? [each.be] : [])))];
  const bounds = [...new Set(said.flatMap((each) => ("have" in each ? [each.have] : [])))];
  return [
    ...(bounds.length === 0 ? [] : [`have ${bounds.join(" and ")}`]),
    ...(forms.length === 0 ? [] : [`be ${anyOf(forms)}`]),
  ].join(" or ");
}

function anyOf(forms: readonly string[]): string {
  const last = forms.at(-1) ?? "";
  return forms.length === 1 ? last : `${forms.slice(0, -1).join(", ")} or ${last}`;
}

/** A bound is of what is of the right type already; a form is another thing that may stand there. */
type Allowed = { readonly be: string } | { readonly have: string };

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  null: "null",
};

function allowedBy({ keyword, params }: Finding): Allowed {
  const limit = "limit" in params ? Number(params.limit) : 0;
  const entries = (name: string): string => `${limit} ${limit === 1 ? name : PLURALS[name]}`;
  switch (keyword) {
    case "type":
      return { be: TYPES["type" in params ? String(params.type) : ""] ?? "as documented" };
    case "minLength":
      return { have: `at least ${entries("character")}` };
    case "maxLength":
      return { have: `at most ${entries("character")}` };
    case "minItems":
      return { have: `at least ${entries("entry")}` };
    case "maxItems":
      return { have: `at most ${entries("entry")}` };
    case "minimum":
      return { be: `at least ${limit}` };
    case "maximum":
      return { be: `at most ${limit}` };
    case "pattern":
      return { be: patternWords("pattern" in params ? String(params.pattern) : "") };
    case "const":
      return { be: "allowedValue" in params ? JSON.stringify(params.allowedValue) : "as documented" };
    case "enum":
      return { be: "allowedValues" in params ? listed(params.allowedValues) : "as documented" };
    default:
      return { be: `as documented (${keyword})` };
  }
}

const PLURALS: Readonly<Record<string, string>> = { character: "characters", entry: "entries" };

function listed(values: unknown): string {
  return Array.isArray(values) ? anyOf(values.map((value) => JSON.stringify(value))) : "as documented";
}

function patternWords(pattern: string): string {
  if (pattern.includes("[A-Z]{3}")) return "a currency's three capital letters (ISO 4217)";
  return pattern.includes("A-Za-z")
    ? "a language tag (such as fr or pt-BR)"
    : "a decimal with at most four decimals (such as 12.50)";
}
