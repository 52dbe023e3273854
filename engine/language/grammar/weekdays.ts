/** Days of the week by name, in English as the rest of the language: `monday` or `mon`. 0 is Monday. */

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

/** undefined: no day of the week. */
export function weekdayNamed(word: string): number | undefined {
  const index = WEEKDAYS.findIndex((name) => name === word || name.slice(0, 3) === word);
  return index < 0 ? undefined : index;
}
