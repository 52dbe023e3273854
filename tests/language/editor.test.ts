/**
 * Rule files in an editor: `vif editor` writes settings, and yaml-language-server, which is what editors run, completes,
 * explains and underlines by them.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEditorCommand } from "../../engine/cli/editor-command.ts";
import { createStyle } from "../../engine/cli/terminal.ts";
import { nearestName } from "../../engine/model/nearest-name.ts";
import { ROOT } from "../source-tree.ts";
import { type Diagnostic, type LanguageServer, startLanguageServer } from "../support/language-server.ts";

const program = join(ROOT, "node_modules/yaml-language-server/bin/yaml-language-server");
let folder: string;
let server: LanguageServer;
const settingsOf = () =>
  JSON.parse(readFileSync(join(folder, ".vscode/settings.json"), "utf8")) as Record<string, unknown>;

function runEditor(...args: readonly string[]): Promise<number> {
  const style = createStyle(false);
  const ignore = (): void => undefined;
  const command = createEditorCommand(() => Promise.resolve({ folder, rules: "rules" }), nearestName);
  return command.run(args, { out: ignore, err: ignore, outStyle: style, errStyle: style, columns: undefined });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vif-editor-"));
  cpSync(join(ROOT, "rules"), join(folder, "rules"), { recursive: true });
  mkdirSync(join(folder, ".vscode"));
  writeFileSync(
    join(folder, ".vscode/settings.json"),
    '{ "editor.rulers": [120], "yaml.schemas": { "./own.json": "x" } }',
  );
  expect(await runEditor()).toBe(0);
  // What the language server would fetch from elsewhere plays no part here.
  server = await startLanguageServer(program, folder, {
    "yaml.validate": true,
    "yaml.hover": true,
    "yaml.completion": true,
    "yaml.format": { enable: false },
    "yaml.schemaStore": { enable: false },
    "yaml.kubernetesCRDStore": { enable: false },
    ...settingsOf(),
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Written {
  readonly file: string;
  /** Of the `|` that marks a place in the text. */
  readonly at: { readonly line: number; readonly character: number };
}

let count = 0;
/** Writes and opens a file of a kind. */
async function write(place: string, text: string): Promise<Written & { readonly found: readonly Diagnostic[] }> {
  const before = text.split("|")[0] ?? "";
  const file = join(folder, "rules", place.replace("*", `new-${count++}`));
  writeFileSync(file, text.replace("|", ""));
  const lines = before.split("\n");
  const at = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
  return { file, at, found: await server.open(file) };
}

const underlined = (text: string, { range: { start, end } }: Diagnostic): string =>
  (text.split("\n")[start.line] ?? "").slice(start.character, start.line === end.line ? end.character : undefined);

describe("an editor set up by vif editor", () => {
  it("keeps the settings that were there, and is not given ours twice", async () => {
    const once = settingsOf();
    expect(once["editor.rulers"]).toEqual([120]);
    expect(once["yaml.schemas"]).toMatchObject({
      "./own.json": "x",
      "./.vscode/vif/segment.schema.json": "rules/segments/**/*.yaml",
      "./.vscode/vif/fields.schema.json": "rules/fields.yaml",
    });
    expect(await runEditor()).toBe(0);
    expect(settingsOf()).toEqual(once);
  });

  it("finds nothing to mend in the example brand", async () => {
    const files = readdirSync(join(ROOT, "rules"), { recursive: true, encoding: "utf8" });
    const found = files
      .filter((name) => name.endsWith(".yaml"))
      .map(async (path) => {
        const diagnostics = await server.open(join(folder, "rules", path));
        return diagnostics.map(({ message, range }) => `${path}:${range.start.line + 1}: ${message}`);
      });
    expect((await Promise.all(found)).flat()).toEqual([]);
  });

  it.each([
    ["segments/*.yaml", "segment: x\n|", ["title", "note", "when"]],
    ["segments/*.yaml", "segment: x\nwhen:\n  |", ["all", "any", "none", "at least 2 of"]],
    ["content/*.yaml", "content: x\nfirst of:\n  - when: newsletter\n    |", ["show"]],
    ["events/*.yaml", "event: x\nproperties:\n  total:\n    |", ["type", "currency", "one of"]],
    ["loyalty/*.yaml", "loyalty: x\n|", ["balance", "points", "unmatched returns"]],
    ["sources/*.yaml", "source: x\nline:\n  |", ["sku", "quantity", "price"]],
    ["tests/*.yaml", "test: x\n|", ["given", "events", "advance", "then"]],
  ])("completes the keys of %s after %j", async (place, text, wanted) => {
    const { file, at } = await write(place, text);
    expect(await server.complete(file, at)).toEqual(expect.arrayContaining(wanted));
  });

  it.each([
    ["events/*.yaml", "event: x\nproperties:\n  total: |\n", ["text", "money", "date"]],
    ["loyalty/*.yaml", "loyalty: x\nbalance: |\n", ["may be negative", "not below zero"]],
    ["segments/*.yaml", "segment: x\nwhen: |\n", ["how often", "how long ago"]],
    ["triggers/*.yaml", "trigger: x\nsend:\n  template: x\n  by:\n    - |\n", ["sms", "email", "whatsapp"]],
  ])("completes the values of %s after %j", async (place, text, wanted) => {
    const { file, at } = await write(place, text);
    expect(await server.complete(file, at)).toEqual(expect.arrayContaining(wanted));
  });

  it.each([
    [
      "segments/*.yaml",
      "segment: x\nti|tle: {en: X}\nwhen: newsletter\n",
      "What people are shown in place of the name",
    ],
    ["segments/*.yaml", "segment: x\nwhen:\n  an|y:\n    - newsletter\n", "At least one condition of the list holds"],
    ["content/*.yaml", "content: x\nother|wise: y\n", "What is shown when no choice holds"],
    ["fields.yaml", "fields:\n  city: {type: text, ba|sis: consent}\n", "legal ground"],
  ])("explains what is pointed at in %s: %j", async (place, text, wanted) => {
    const { file, at } = await write(place, text);
    expect(await server.hover(file, at)).toContain(wanted);
  });

  it.each([
    'trigger: x\non: order_completed\nsend: {template: x, by: "best of [sms, email]"}\n',
    "trigger: x\non: order_completed\nsend: {template: x, by: [sms, email]}\n",
    "trigger: x\non: order_completed\nsend:\n  template: x\n  by: [sms, email]\n",
    "trigger: x\non: order_completed\nsend:\n  template: x\n  by: best of [sms, email]\n",
    "trigger: x\non: cart_updated then no order_completed within 1 hour\nsend: {template: x, by: sms}\n",
  ])("underlines nothing in %j", async (text) => {
    expect((await write("triggers/*.yaml", text)).found).toEqual([]);
  });

  it.each([
    ["segments/*.yaml", "segment: x\nwehn: newsletter\nwhen: newsletter\n", "wehn"],
    ["segments/*.yaml", "segment: x\nwhen:\n  al:\n    - newsletter\n", "al:"],
    ["content/*.yaml", "content: x\nfirst of:\n  - {when: a, shows: b, show: c}\notherwise: y\n", "shows"],
    ["fields.yaml", "fields:\n  city: txt\n", "txt"],
    [
      "loyalty/*.yaml",
      "loyalty: x\ncurrency: EUR\npoints: 1 per 1 EUR\nbalance: any\nunmatched returns: nothing\n",
      "any",
    ],
    [
      "sources/*.yaml",
      "source: x\nreceipt: {id: a, store: b, till: c, time: d, currency: e, fax: f}\nline: {sku: a, quantity: b}\n",
      "fax",
    ],
    ["tests/*.yaml", "test: x\nthen:\n  - in segment x\nadvanced: 3 days\n", "advanced"],
    ["triggers/*.yaml", "trigger: x\non: order_completed\nsend: {template: x, by: [sms, letter]}\n", "letter"],
  ])("underlines what is wrong in %s: %j", async (place, text, wanted) => {
    const { found } = await write(place, text);
    expect(found.map((diagnostic) => underlined(text, diagnostic))).toContain(wanted);
  });
});
