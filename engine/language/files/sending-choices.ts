/** Keys of a trigger with one or two words to choose from: what holds between the decision and the sending. */
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { YamlValue } from "../source/yaml-source.ts";
import { readText } from "./mapping.ts";

export const STILL = ["must hold"] as const;
export const IF_UNKNOWN = ["send again", "let go"] as const;

/** undefined: nothing is said, or something that is none of them, which is reported. */
export function readChoice<Choice extends string>(
  value: YamlValue | undefined,
  { what, choices, report }: { readonly what: string; readonly choices: readonly Choice[]; readonly report: Report },
): Choice | undefined {
  const text = readText(value, what, report);
  const choice = choices.find((each) => each === text?.value);
  if (text === undefined || choice !== undefined) return choice;
  const message = `\`${text.value}\` is not one of the values allowed here`;
  const suggestion = suggestName(text.value, choices, "values");
  report({ code: "unknown_choice", span: text.span, message, suggestion });
  return undefined;
}
