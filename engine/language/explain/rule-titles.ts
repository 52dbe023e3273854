/**
 * Titles of rules, as their files have them. They mean nothing to the engine, so that no plan has them; who shows rules to
 * people reads them from the files again.
 */
import { RULE_KINDS } from "../check/rule-kinds.ts";
import { type Title, titleOf } from "../files/title.ts";
import type { RuleFile } from "../source/source.ts";
import { parseYaml, type YamlValue } from "../source/yaml-source.ts";

export interface TitledFile {
  /** What the file declares: `segment`, `content` ... */
  readonly kind: string;
  readonly name: string;
  /** Relative to the brand folder. */
  readonly path: string;
  readonly title: Title;
}

/** Every file that declares something by name, titled or not. What is wrong with a file is the checker's to say. */
export function readTitles(files: readonly RuleFile[]): readonly TitledFile[] {
  return files.flatMap((file) => {
    const rule = RULE_KINDS.find(({ place }) => file.path === place || file.path.startsWith(`${place}/`));
    if (rule === undefined) return [];
    const { kind, prepare = unchanged } = rule;
    const yaml = parseYaml(prepare(file), () => undefined);
    const name = CALLED_BY_KIND.includes(kind) ? kind : textOf(valueOf(yaml, kind));
    if (name === undefined) return [];
    return [{ kind, name, path: file.path, title: titleOf(valueOf(yaml, "title")) }];
  });
}

/** A brand has one file of each. */
const CALLED_BY_KIND: readonly string[] = ["pressure", "consent"];

const unchanged = (file: RuleFile): RuleFile => file;

function valueOf(value: YamlValue | undefined, key: string | undefined): YamlValue | undefined {
  return value?.kind === "map" ? value.entries.find((entry) => entry.key.value === key)?.value : undefined;
}

function textOf(value: YamlValue | undefined): string | undefined {
  return value?.kind === "text" ? value.value : undefined;
}
