/**
 * `vif editor`: makes editors know rule files. JSON Schemas of this version go into `.vscode/vif/` of the folder that an
 * editor is opened on, and its settings tell which files each is for, so that keys and values are completed, explained and
 * checked as one types. What the settings say besides is kept; nothing else is touched.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "../model/errors.ts";
import type { ruleSchemas as RuleSchemas } from "../language/port.ts";
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";

const HELP = `Makes an editor complete, explain and check rule files as one types.

Usage: vif editor [--print]

Writes into the folder that it is called in, which is the one to open in the editor:

  .vscode/vif/*.schema.json   what may stand in each kind of rule file (JSON Schema)
  .vscode/settings.json       which files each is for; other settings stay as they are
  .vscode/extensions.json     proposes the YAML extension, unless there is such a file

VS Code and its kin need the extension redhat.vscode-yaml, and every editor with yaml-language-server can use the same
schemas. Call it again after an update of Vif.

Options:
  --print   print the settings, and write nothing
  --help    this text

Examples:
  vif editor
  vif editor --print

Exit codes: 0 done, 1 the settings could not be changed, 2 not understood.`;

const SCHEMAS = ".vscode/vif";
const EXTENSIONS = { recommendations: ["redhat.vscode-yaml"] };

interface Settings {
  readonly [name: string]: unknown;
}

export interface EditorSurroundings {
  /** The folder that is opened in the editor. */
  readonly folder: string;
  /** The brand folder, relative to it. */
  readonly rules: string;
}

/** @param surroundings asked for when the command runs, for it reads settings */
export function createEditorCommand(surroundings: () => Promise<EditorSurroundings>, nearest: Nearest): Command {
  return {
    name: "editor",
    summary: "make an editor complete and check rule files as one types",
    help: HELP,
    async run(args, { out, outStyle }) {
      const { flags } = parseArguments(args, { flags: ["print"], values: [], words: [] }, nearest);
      const { ruleSchemas } = await import("../language/port.ts");
      const { folder, rules } = await surroundings();
      const file = join(folder, ".vscode/settings.json");
      const settings = withSchemas(readSettings(file), { rules, schemas: ruleSchemas });
      if (flags.print) {
        out(JSON.stringify(settings, undefined, 2));
        return 0;
      }
      rmSync(join(folder, SCHEMAS), { recursive: true, force: true });
      mkdirSync(join(folder, SCHEMAS), { recursive: true });
      for (const { name, schema } of ruleSchemas) writeJson(join(folder, SCHEMAS, name), schema);
      writeJson(file, settings);
      const extensions = join(folder, ".vscode/extensions.json");
      if (!existsSync(extensions)) writeJson(extensions, EXTENSIONS);
      out(`${outStyle.green("Done.")} Editors know the files of ${rules}: see .vscode/settings.json.`);
      out("In VS Code the extension redhat.vscode-yaml is needed; it proposes it when the folder is opened.");
      return 0;
    },
  };
}

/** Our entries are made anew, so that none is left of a kind of file that there is no more. */
function withSchemas(
  settings: Settings,
  { rules, schemas }: { readonly rules: string; readonly schemas: typeof RuleSchemas },
): Settings {
  const before = Object.entries((settings["yaml.schemas"] ?? {}) as Settings);
  const others = before.filter(([schema]) => !schema.startsWith(`./${SCHEMAS}/`));
  const ours = schemas.map(({ name, files }) => [`./${SCHEMAS}/${name}`, `${rules}/${files}`] as const);
  return { ...settings, "yaml.schemas": Object.fromEntries([...others, ...ours]) };
}

/** @throws SetupError when the file is there and not plain JSON, as then its comments would be lost */
function readSettings(file: string): Settings {
  if (!existsSync(file)) return {};
  try {
    const settings: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof settings === "object" && settings !== null && !Array.isArray(settings)) return settings as Settings;
  } catch {
    // Said below: comments and trailing commas, which editors allow.
  }
  const message = `${file} is not plain JSON, and what is beside it there would be lost`;
  throw new SetupError(message, "take its comments out, or add by hand what `vif editor --print` prints elsewhere");
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
