/** Dates and times as rules write them. A date is its midnight in UTC; a time must say its zone. */

/** @returns ms since 1970, or why there is none */
export function readInstant(
  written: string,
): number | { readonly message: string; readonly suggestion: string | undefined } {
  const [date = "", time] = written.split("T");
  const day = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== date) {
    return { message: `there is no day \`${date}\``, suggestion: "dates are written year-month-day: `2026-01-31`" };
  }
  if (time === undefined) return day;
  if (!/(?:Z|[+-]\d{2}:\d{2})$/.test(time)) {
    return {
      message: "a time needs its time zone",
      suggestion: `write \`${written}Z\` for UTC, or \`${written}+01:00\``,
    };
  }
  const instant = Date.parse(written);
  return Number.isNaN(instant) ? { message: `there is no time \`${time}\``, suggestion: undefined } : instant;
}

export function printInstant(instant: number): string {
  const text = new Date(instant).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
}
