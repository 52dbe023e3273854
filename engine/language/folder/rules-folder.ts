/**
 * Reads a brand folder: every `.yaml` file in it, however deep, in the order of paths, and the templates that lie beside
 * it. Hidden files, editors' scratch files and everything else are passed over.
 */
import type { Dirent } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { SetupError } from "../../model/errors.ts";
import type { RuleFile } from "../source/source.ts";
import { TEMPLATES_PLACE } from "../templates/template-file.ts";

/** Is this path, relative to the folder, a rule file? Editors write `.name.swp`, `name~`, `#name#`, `4913`. */
export function isRulePath(path: string): boolean {
  return (
    /\.ya?ml$|^lists\/.*\.(?:txt|csv)$/.test(path) &&
    !path.split("/").some((step) => step.startsWith(".") || step.startsWith("#"))
  );
}

/** Is this path, relative to the folder of templates, a template: `web/hero.hbs`? */
export function isTemplateName(path: string): boolean {
  return /^[a-z]+\/[^./#][^/]*\.hbs$/.test(path.replaceAll("\\", "/"));
}

/** Where the templates of a brand are. There may be none. */
export function templatesFolder(folder: string): string {
  return join(folder, TEMPLATES_PLACE);
}

/** `CHANNEL/NAME.hbs` of every template, sorted. */
export async function templateNames(folder: string): Promise<readonly string[]> {
  const paths = await readdir(templatesFolder(folder), { recursive: true }).catch(() => []);
  return paths
    .map((path) => path.replaceAll("\\", "/"))
    .filter(isTemplateName)
    .sort();
}

async function templatePaths(folder: string): Promise<readonly string[]> {
  const names = await templateNames(folder);
  return names.map((name) => `${TEMPLATES_PLACE}${name}`);
}

/**
 * Everything in the folder, however deep.
 *
 * @throws SetupError when it cannot be read
 */
export async function listRulesFolder(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const message =
      code === "ENOENT" ? `there is no rules folder ${folder}` : `the rules folder ${folder} cannot be read (${code})`;
    throw new SetupError(message, "name the folder of the brand's rules by VIF_RULES, or make it", { cause });
  });
}

/** @throws SetupError when the folder cannot be read */
export async function readRulesFolder(folder: string): Promise<readonly RuleFile[]> {
  const paths = (await listRulesFolder(folder))
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter(isRulePath)
    .sort();
  const files = await Promise.all(
    [...paths, ...(await templatePaths(folder))].map((path) => readRuleFile(folder, path)),
  );
  return files.filter((file) => file !== undefined);
}

/** undefined: gone since the folder was listed, as happens while an editor saves. */
async function readRuleFile(folder: string, path: string): Promise<RuleFile | undefined> {
  try {
    return { path, text: await readFile(join(folder, path), "utf8") };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new SetupError(`the rule file ${join(folder, path)} cannot be read`, "see to its permissions", {
      cause: error,
    });
  }
}
