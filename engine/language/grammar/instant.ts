/** Dates and times as rules write them. A date is its midnight in UTC; a time must say its zone. */

/** @returns ms since 1970, or why there is none */
export function readInstant(written: string): number | { readonly message: string; readonly suggestion: string } {
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
  return Number.isNaN(instant)
    ? { message: `there is no time \`${time}\``, suggestion: "times go from `00:00` to `23:59`" }
    : instant;
}

/** In UTC, with its time, so that it is never read as a date. */
export function printInstant(instant: number): string {
  return new Date(instant).toISOString();
}

/** Whether a date stands alone, without a time. */
export function isDateOnly(written: string): boolean {
  return !written.includes("T");
}

export function printDate(date: number): string {
  return new Date(date).toISOString().slice(0, 10);
}

export function printTime(time: number): string {
  const text = new Date(time).toISOString().slice(11, 23);
  return text.endsWith(":00.000") ? text.slice(0, 5) : text.replace(/\.000$/, "");
}
