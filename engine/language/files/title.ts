/** What people call something that a rule file declares. */
import type { YamlValue } from "../source/yaml-source.ts";

/** A title by language; under `""` where the file has one for all. */
export type Title = Readonly<Record<string, string>>;

/** Of a value that `checkTitle` has looked at. */
export function titleOf(value: YamlValue | undefined): Title {
  if (value?.kind === "text") return { "": value.value };
  if (value?.kind !== "map") return {};
  return Object.fromEntries(
    value.entries.map(({ key, value: text }) => [key.value, text?.kind === "text" ? text.value : ""]),
  );
}

/** The title in the first of these languages that there is, else in any. */
export function titleIn(title: Title | undefined, languages: readonly string[]): string | undefined {
  const known = [...languages, ""].map((language) => title?.[language]);
  return known.find((text) => text !== undefined) ?? Object.values(title ?? {})[0];
}
