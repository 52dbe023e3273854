/** How a value is written in a language: the closed set of helpers that templates have. Pure. */
import { tenThousand } from "../checked.ts";

type Form = (value: unknown, argument: unknown) => string;

/** `{{number points}}`, `{{date birth_date}}`, `{{money store_credit "EUR"}}`; nothing for what is not known. */
export function valueForms(language: string): Readonly<Record<string, Form>> {
  const number = new Intl.NumberFormat(language);
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  // A time is ms since midnight, a date that of its midnight: both as UTC would show them.
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: "UTC" });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
  return {
    number: (value) => (typeof value === "number" ? number.format(value) : ""),
    date: (value) => (typeof value === "number" ? date.format(value) : ""),
    time: (value) => (typeof value === "number" ? time.format(value) : ""),
    percent: (value) => (typeof value === "number" ? percent.format(value / 100) : ""),
    money: (value, currency) => {
      if (typeof value !== "number" || typeof currency !== "string") return "";
      return new Intl.NumberFormat(language, { style: "currency", currency }).format(value / tenThousand);
    },
  };
}
