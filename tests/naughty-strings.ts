/** Hostile texts from everywhere, for tests: the Big List of Naughty Strings, or why it cannot be had. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const path = join(process.env.VIF_TEST_DATA ?? "../shared/data", "suites/naughty-strings/blns.json");

export const naughtyStringsMissing = existsSync(path) ? undefined : `no file ${path}: set VIF_TEST_DATA`;

export function readNaughtyStrings(): readonly string[] {
  return naughtyStringsMissing === undefined ? (JSON.parse(readFileSync(path, "utf8")) as string[]) : [];
}
