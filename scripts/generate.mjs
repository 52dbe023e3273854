/**
 * Files that are made from the code and kept in the tree: settings in README, descriptions of the wire made from its
 * schemas. Writes what is out of date; `--check` only says so, and fails.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildWhenStale } from "./build.mjs";
import { makeInstalled } from "./make-ready.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * A built module, its function without arguments, and the file that what it returns becomes; or a marked part of it, or a
 * folder of files by name.
 */
const GENERATED = [
  { module: "engine/settings.js", call: "renderSettingsTable", file: "README.md", part: "settings" },
  { module: "engine/gateway/openapi.js", call: "openApiDocument", file: "generated/gateway-openapi.json" },
  { module: "engine/gateway/asyncapi.js", call: "asyncApiDocument", file: "generated/gateway-asyncapi.json" },
  { module: "engine/control/openapi.js", call: "renderControlOpenApi", file: "generated/control-openapi.json" },
  { module: "engine/language/check/rule-schemas.js", call: "renderRuleSchemas", folder: "generated/rules" },
];

/** Files and what is to be in them; undefined for one that is no longer made. */
async function generate({ module, call, file, part, folder }) {
  const made = await import(pathToFileURL(join(ROOT, "dist", module)));
  const value = made[call]();
  if (folder !== undefined) {
    const kept = existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)) : [];
    const names = new Set([...Object.keys(value), ...kept]);
    return [...names].map((name) => [`${folder}/${name}`, value[name]]);
  }
  const text = typeof value === "string" ? value : `${JSON.stringify(value, null, 2)}\n`;
  return [[file, part === undefined ? text : replacePart(readFileSync(join(ROOT, file), "utf8"), part, text)]];
}

/** What stands between `<!-- name -->` and `<!-- /name -->`, on lines of their own. */
function replacePart(document, name, text) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = document.indexOf(open);
  const end = document.indexOf(close);
  if (start < 0 || end < start) throw new Error(`${open} and ${close} are not there`);
  return `${document.slice(0, start + open.length)}\n\n${text}\n\n${document.slice(end)}`;
}

async function main() {
  const code = await makeInstalled();
  if (code !== 0) return code;
  // Type errors are told by the check of types; what they touch is not what is generated.
  await buildWhenStale({ tolerant: true });
  const stale = [];
  for (const entry of GENERATED) {
    for (const [file, text] of await generate(entry)) {
      const path = join(ROOT, file);
      if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
      stale.push(file);
      if (process.argv.includes("--check")) continue;
      mkdirSync(dirname(path), { recursive: true });
      if (text === undefined) rmSync(path);
      else writeFileSync(path, text);
    }
  }
  if (!process.argv.includes("--check")) return 0;
  for (const file of stale) process.stderr.write(`${file} is out of date; write it with: npm run generate\n`);
  return stale.length === 0 ? 0 : 1;
}

process.exitCode = await main();
