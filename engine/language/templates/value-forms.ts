/** How a value is written in a language: the closed set of helpers that templates have. Pure. */
import { tenThousand } from "../plan/checked.ts";

const CATEGORIES: readonly Intl.LDMLPluralRule[] = ["zero", "one", "two", "few", "many", "other"];

type Form = (value: unknown, ...texts: readonly unknown[]) => string;

/** An amount that knows its currency, which counts more than the one that the template names. */
export interface Amount {
  /** In 1/10,000 of the currency's unit. */
  readonly units: number;
  readonly currency: string;
}

function isAmount(value: unknown): value is Amount {
  return typeof value === "object" && value !== null && "units" in value;
}

/** How many texts `plural` takes in a language: one for each of its categories, or one for 1 and one for all others. */
export function pluralTexts(language: string): readonly number[] {
  return [2, new Intl.PluralRules(language).resolvedOptions().pluralCategories.length];
}

/**
 * `{{number points}}`, `{{date birth_date}}`, `{{money store_credit "EUR"}}`, `{{plural points "point" "points"}}`; nothing for
 * what is not known. The texts of a plural stand in the order of CLDR: zero, one, two, few, many, other.
 */
export function valueForms(language: string): Readonly<Record<string, Form>> {
  const number = new Intl.NumberFormat(language);
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  // A time is ms since midnight, a date that of its midnight: both as UTC would show them.
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: "UTC" });
  const plural = new Intl.PluralRules(language);
  const categories = CATEGORIES.filter((each) => plural.resolvedOptions().pluralCategories.includes(each));
  const moneyForms = new Map<string, Intl.NumberFormat>();
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
  return {
    number: (value) => (typeof value === "number" ? number.format(value) : ""),
    date: (value) => (typeof value === "number" ? date.format(value) : ""),
    time: (value) => (typeof value === "number" ? time.format(value) : ""),
    percent: (value) => (typeof value === "number" ? percent.format(value / 100) : ""),
    money: (value, named) => {
      const { units, currency } = isAmount(value) ? value : { units: value, currency: named };
      if (typeof units !== "number" || typeof currency !== "string") return "";
      let form = moneyForms.get(currency);
      if (form === undefined) {
        form = new Intl.NumberFormat(language, { style: "currency", currency });
        moneyForms.set(currency, form);
      }
      return form.format(units / tenThousand);
    },
    plural: (value, ...given) => {
      if (typeof value !== "number") return "";
      // Handlebars' own options come last.
      const texts = given.filter((each) => typeof each === "string");
      const category = plural.select(value);
      const at = texts.length === categories.length ? categories.indexOf(category) : category === "one" ? 0 : 1;
      return texts[at] ?? texts.at(-1) ?? "";
    },
  };
}
