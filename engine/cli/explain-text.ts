/** Rules in plain words, as a person reads them. Pure. */
import type { DescribedRule, RuleReference } from "../language/port.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";

/**
 * ```
 * segment lapsing-vip  rules/segments/lapsing-vip.yaml
 * Good customers about to leave / Bons clients sur le départ
 *
 * A profile is in the segment lapsing-vip when
 *   ...
 *
 * reads the segments unreachable, vip
 * read by the content home-hero
 * ```
 */
export function renderDescription(rule: DescribedRule, folder: string, style: Style): string {
  const { bold, dim, green } = style;
  const { kind, name, path, lines, reads, readBy } = rule;
  const file = path === undefined ? "" : `  ${dim(`${folder.replace(/\/+$/, "")}/${path}`)}`;
  const titles = titlesOf(rule);
  return [
    `${dim(kind)} ${bold(name)}${file}`,
    ...(titles === "" ? [] : [green(titles)]),
    "",
    ...lines.map(printable),
    ...(reads.length + readBy.length === 0 ? [] : [""]),
    ...listed("reads", reads, style),
    ...listed("read by", readBy, style),
  ].join("\n");
}

export function renderOverview(rules: readonly DescribedRule[], style: Style): string {
  const widest = (of: (rule: DescribedRule) => string): number => Math.max(...rules.map((rule) => of(rule).length));
  const [kinds, names] = [widest(({ kind }) => kind), widest(({ name }) => name)];
  return rules
    .map((rule) =>
      `${style.dim(rule.kind.padEnd(kinds))}  ${style.bold(rule.name.padEnd(names))}  ${titlesOf(rule)}`.trimEnd(),
    )
    .join("\n");
}

/** English first, then the other languages as they stand. */
function titlesOf({ title }: DescribedRule): string {
  const { en, ...others } = title;
  return printable([en, ...Object.values(others)].filter((text) => text !== undefined).join(" / "));
}

function listed(how: string, references: readonly RuleReference[], { dim }: Style): readonly string[] {
  const kinds = [...new Set(references.map(({ kind }) => kind))];
  const parts = kinds.map((kind) => {
    const names = references.filter((reference) => reference.kind === kind).map(({ name }) => name);
    return `the ${kind}${names.length === 1 || kind === "loyalty" ? "" : "s"} ${names.join(", ")}`;
  });
  return parts.length === 0 ? [] : [dim(`${how} ${parts.join(", ")}`)];
}
