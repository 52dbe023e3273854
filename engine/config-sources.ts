/**
 * From the environment's text and the text of vif.yaml to the values of the settings table: unknown names, wrong types
 * and values outside their limits become problems that name the place and what is allowed. What the values mean together
 * is config.ts's business. Pure. No secret is ever quoted.
 */
import { LineCounter, isMap, parseDocument } from "yaml";
import type { Document } from "yaml";
import Value from "typebox/value";
import { nearestName } from "./model/nearest-name.ts";
import { CONFIG_FILE_VARIABLE, SECRET_SETTINGS, SETTINGS, SETTING_NAMES, TEST_VARIABLE_PREFIX } from "./settings.ts";
import type { SettingName, SettingValues } from "./settings.ts";

export interface ConfigFile {
  /** As the reader knows it; relative folders in it are relative to its own folder. */
  readonly path: string;
  readonly text: string;
}

export interface SettingSources {
  readonly values: SettingValues;
  /** Where a value came from: `VIF_PORT`, or `vif.yaml line 3: port`; undefined for a default. */
  readonly places: ReadonlyMap<SettingName, string>;
  readonly fromFile: ReadonlySet<SettingName>;
  /** What was given and is none: nothing can be said of it together with others. */
  readonly refused: ReadonlySet<SettingName>;
  readonly problems: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readSources(env: Environment, file: ConfigFile | undefined): SettingSources {
  const values: Record<string, unknown> = {};
  const places = new Map<SettingName, string>();
  const fromFile = new Set<SettingName>();
  const refused = new Set<SettingName>();
  const problems = [...unknownVariables(env)];
  const yaml = file === undefined ? undefined : parseYaml(file);
  problems.push(...(yaml?.problems ?? []));

  for (const name of SETTING_NAMES) {
    const variable = SETTINGS[name].env;
    // An empty variable is one that is not set: compose files and shells leave such.
    const text = variable === undefined ? undefined : env[variable] || undefined;
    if (variable !== undefined && text !== undefined) {
      values[name] = fromText(name, text);
      places.set(name, variable);
    } else if (yaml?.values[name] !== undefined) {
      values[name] = yaml.values[name];
      places.set(name, `${yaml.place([name])}: ${name}`);
      fromFile.add(name);
    } else continue;
    const found = checkValue(name, values[name], places.get(name) ?? name, yaml);
    problems.push(...found);
    if (found.length === 0) continue;
    delete values[name];
    refused.add(name);
  }
  // Of a file that cannot be read nothing is known.
  if (yaml?.unreadable === true) for (const name of SETTING_NAMES) if (!places.has(name)) refused.add(name);
  return { values, places, fromFile, refused, problems };
}

function* unknownVariables(env: Environment): Generator<string> {
  const known: readonly string[] = [...SETTING_NAMES.flatMap((name) => SETTINGS[name].env ?? []), CONFIG_FILE_VARIABLE];
  for (const variable of Object.keys(env).sort()) {
    if (!variable.startsWith("VIF_") || variable.startsWith(TEST_VARIABLE_PREFIX) || known.includes(variable)) continue;
    yield `${variable} is no setting of Vif.${suggestion(nearestName(variable, known))}`;
  }
}

function suggestion(name: string | undefined): string {
  return name === undefined ? "" : ` Did you mean ${name}?`;
}

/** Text that is not of its setting's type stays text, and the check then says what is allowed. */
function fromText(name: SettingName, text: string): unknown {
  const kind: unknown = (SETTINGS[name].schema as { type?: unknown }).type;
  if (kind === "integer") return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (kind === "array") return text.split(",").map((part) => part.trim());
  return text;
}

interface ParsedYaml {
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
  readonly unreadable?: true;
  /** `vif.yaml line 3` */
  place(path: readonly (string | number)[]): string;
}

function parseYaml(file: ConfigFile): ParsedYaml {
  const lines = new LineCounter();
  const document: Document.Parsed = parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
  const place = (path: readonly (string | number)[]): string => {
    const node = document.getIn(path, true) as { range?: readonly number[] } | undefined;
    const offset = node?.range?.[0];
    return offset === undefined ? file.path : `${file.path} line ${lines.linePos(offset).line}`;
  };
  const broken = document.errors.map(
    (error) => `${file.path} line ${lines.linePos(error.pos[0]).line}: ${error.message}.`,
  );
  if (broken.length > 0) return { values: {}, problems: broken, unreadable: true, place };
  if (document.contents === null) return { values: {}, problems: [], place };
  if (!isMap(document.contents))
    return { values: {}, problems: [`${file.path} is no list of settings.`], unreadable: true, place };

  const values = document.toJS() as Record<string, unknown>;
  const problems = Object.keys(values)
    .filter((key) => !(SETTING_NAMES as readonly string[]).includes(key))
    .map((key) => `${place([key])}: ${key} is no setting of Vif.${suggestion(nearestName(key, SETTING_NAMES))}`);
  return { values, problems, place };
}

function checkValue(name: SettingName, value: unknown, from: string, yaml: ParsedYaml | undefined): readonly string[] {
  const { schema, allowed } = SETTINGS[name];
  if (Value.Check(schema, value)) return [];
  if (name === "keys" && yaml !== undefined && Array.isArray(value)) return checkKeys(value, yaml);
  const shown = SECRET_SETTINGS.includes(name) ? "is not allowed" : `is ${hidePassword(JSON.stringify(value))}`;
  return [`${from} ${shown}; allowed: ${allowed.replaceAll("`", "")}.`];
}

/** Each key is judged by itself, so that the line is named. Values are not quoted: they are secrets. */
function checkKeys(keys: readonly unknown[], yaml: ParsedYaml): readonly string[] {
  const { items } = SETTINGS.keys.schema;
  const problems = keys.flatMap((key, index) =>
    [...Value.Errors(items, key)]
      // An unknown member is reported twice: by its name, and as a schema that allows nothing.
      .filter((error) => error.keyword !== "boolean")
      .map((error) => {
        const field = error.instancePath.split("/").slice(1).join(".");
        const detail =
          "additionalProperties" in error.params ? `: ${error.params.additionalProperties.join(", ")}` : "";
        const where = `${yaml.place(["keys", index])}: keys[${index}]${field === "" ? "" : `.${field}`}`;
        return `${where} ${error.message}${detail}; allowed: ${SETTINGS.keys.allowed.replaceAll("`", "")}.`;
      }),
  );
  return problems.length > 0
    ? problems
    : [`keys: ${SETTINGS.keys.allowed.replaceAll("`", "")} is wanted, at least one.`];
}

/** `scheme://user:password@host` -> `scheme://user:***@host` */
export function hidePassword(text: string): string {
  return text.replace(/(:\/\/[^/:@\s]*:)[^@/\s]*@/g, "$1***@");
}
