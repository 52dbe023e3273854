/**
 * Reads a brand folder: every `.yaml` file in it, however deep, in the order of paths, and the templates that lie beside
 * it. Hidden files, editors' scratch files and everything else are passed over. Listed in the calling thread, as it is done
 * again and again beside events, and costs a third so.
 */
import { type Dirent, readdirSync } from "node:fs";
import { lstat, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { SetupError } from "../../model/errors.ts";
import type { RuleFile } from "../source/source.ts";
import { TEMPLATES_PLACE } from "../templates/template-file.ts";

/** Is this path, relative to the folder, a rule file? Editors write `.name.swp`, `name~`, `#name#`, `4913`. */
export function isRulePath(path: string): boolean {
  return /\.ya?ml$|^lists\/.*\.(?:txt|csv)$/.test(path) && !isHidden(path);
}

function isHidden(path: string): boolean {
  return path.split("/").some((step) => step.startsWith(".") || step.startsWith("#"));
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
export function templateNames(folder: string): readonly string[] {
  return pathsIn(templatesFolder(folder))
    .map((path) => path.replaceAll("\\", "/"))
    .filter(isTemplateName)
    .sort();
}

function pathsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

/**
 * Everything in the folder, however deep.
 *
 * @throws SetupError when it cannot be read
 */
export function listRulesFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const message =
      code === "ENOENT" ? `there is no rules folder ${folder}` : `the rules folder ${folder} cannot be read (${code})`;
    throw new SetupError(message, "name the folder of the brand's rules by VIF_RULES, or make it", { cause });
  }
}

/** @throws SetupError when the folder cannot be read */
export async function readRulesFolder(folder: string): Promise<readonly RuleFile[]> {
  const entries = listRulesFolder(folder);
  const pathOf = (entry: Dirent): string => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(pathOf);
  const paths = [...entries.filter((entry) => entry.isFile()).map(pathOf), ...links].filter(isRulePath).sort();
  const files = await Promise.all([
    ...[...paths, ...templateNames(folder).map((name) => `${TEMPLATES_PLACE}${name}`)].map((path) =>
      readRuleFile(folder, path),
    ),
    ...links.filter((path) => !isRulePath(path) && !isHidden(path)).map((path) => findLinkedFolder(folder, path)),
  ]);
  return files.filter((file) => file !== undefined);
}

/** What lies in a linked folder is not read, and who has linked it takes it for read. undefined: it is no folder. */
async function findLinkedFolder(folder: string, path: string): Promise<RuleFile | undefined> {
  const found = await stat(join(folder, path)).catch(() => undefined);
  return found?.isDirectory() === true ? { path, text: "", link: "folder" } : undefined;
}

/** undefined: gone since the folder was listed, as happens while an editor saves; a link that stays leads nowhere. */
async function readRuleFile(folder: string, path: string): Promise<RuleFile | undefined> {
  try {
    return { path, text: await readFile(join(folder, path), "utf8") };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      const link = await lstat(join(folder, path)).catch(() => undefined);
      return link?.isSymbolicLink() === true ? { path, text: "", link: "nowhere" } : undefined;
    }
    throw new SetupError(`the rule file ${join(folder, path)} cannot be read`, "see to its permissions", {
      cause: error,
    });
  }
}
