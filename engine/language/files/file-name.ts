/** One thing a file, under its own name: so that a broken file still says which rule it would have been. */
import type { Report } from "../source/problem.ts";
import type { YamlText } from "../source/yaml-source.ts";

export function checkRuleName(name: YamlText, stem: string, report: Report): void {
  if (name.value === stem) return;
  const message = `the file is called \`${stem}.yaml\` and declares \`${name.value}\``;
  report({
    code: "file_name_differs",
    span: name.span,
    message,
    suggestion: `rename one of the two: \`${name.value}.yaml\``,
  });
}
