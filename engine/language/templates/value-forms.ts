/** How a value is written in a language: the closed set of helpers that templates have. Pure. */
import { tenThousand } from "../checked.ts";

type Form = (value: unknown, argument: unknown) => string;

/** `{{number points}}`, `{{date birth_date}}`, `{{money store_credit "EUR"}}`; nothing for what is not known. */
export function valueForms(language: string): Readonly<Record<string, Form>> {
  const number = new Intl.NumberFormat(language);
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  return {
    number: (value) => (typeof value === "number" ? number.format(value) : ""),
    date: (value) => (typeof value === "number" ? date.format(value) : ""),
    money: (value, currency) => {
      if (typeof value !== "number" || typeof currency !== "string") return "";
      return new Intl.NumberFormat(language, { style: "currency", currency }).format(value / tenThousand);
    },
  };
}
