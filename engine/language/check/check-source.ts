/** One file of `sources/` alone, and against the columns that a file of rows really has. Pure: nothing is read here. */
import { checkColumns } from "./check-columns.ts";
import { readSource } from "../files/source-file.ts";
import type { SourceMapping } from "../../model/source-mapping.ts";
import { createProblemList, type RuleProblem } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";

export interface CheckedSource {
  /** Present when, and only when, there is no problem. */
  readonly mapping: SourceMapping | undefined;
  readonly problems: readonly RuleProblem[];
}

/** @param existing the columns of the file that is to be read; undefined: not known yet */
export function checkSource(file: RuleFile, existing: readonly string[] | undefined): CheckedSource {
  const list = createProblemList();
  const report = list.reportOn(file);
  const stem = (file.path.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "");
  const { mapping, columns } = readSource(file, stem, report);
  if (existing !== undefined) checkColumns(columns, existing, report);
  const problems = list.sorted();
  return { mapping: problems.length === 0 ? mapping : undefined, problems };
}
