/**
 * A corpus of wrong rules and, to the letter, what is said about them: errors are what a marketer sees most. A case is one
 * text file: rule files headed by `--- path`, which replace or join the model's, then `--- problems` and the exact output.
 * A new case begins without that part; running with `--update` writes it, and whoever does so reads it. Cases called
 * `note-...` are of rules that are sound, and what is to be known of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkRules, renderProblems, RULE_PROBLEMS, type RuleFile } from "../../engine/language/port.ts";

const folder = join(import.meta.dirname, "wrong");
const model = filesIn(readFileSync(join(folder, "model.txt"), "utf8"));
const names = readdirSync(folder).filter((name) => name.endsWith(".rules"));

function filesIn(text: string): readonly RuleFile[] {
  const [, ...parts] = text.split(/^--- (.+)\n/m);
  return parts.flatMap((path, index) => (index % 2 === 0 ? [{ path, text: parts[index + 1] ?? "" }] : []));
}

function problemsOf(name: string) {
  const own = filesIn(readFileSync(join(folder, name), "utf8"));
  const files = [...model.filter(({ path }) => !own.some((file) => file.path === path)), ...own];
  return checkRules(files.filter(({ text }) => text !== "(none)\n"));
}

function saidOf(name: string) {
  const { problems, notices } = problemsOf(name);
  return [...problems, ...notices];
}

describe("wrong rules", () => {
  it("stand beside a model that is sound", () => {
    expect(checkRules(model).problems).toEqual([]);
  });

  it.each(names)("%s", async (name) => {
    const { plan, problems, notices } = problemsOf(name);
    expect(plan !== undefined).toBe(name.startsWith("note-"));
    const said = renderProblems(plan === undefined ? problems : notices, { colour: false, pathPrefix: "rules/" });
    await expect(said).toMatchFileSnapshot(join(folder, name.replace(/\.rules$/, ".problems")));
  });

  it("show every code of the catalogue", () => {
    const shown = new Set(names.flatMap((name) => saidOf(name).map(({ code }) => code)));
    // Needs two streams whose keys have the same 32-bit hash: see stream-collision.test.ts.
    shown.add("stream_collision");
    // Needs the file that a source is about: see engine/language/check/check-source.test.ts.
    shown.add("unknown_column");
    // Needs a folder: see engine/cli/check.test.ts.
    shown.add("broken_link");
    expect(Object.keys(RULE_PROBLEMS).filter((code) => !shown.has(code as never))).toEqual([]);
  });

  it("are each told with a place, a reason and what to do", () => {
    const said = names.flatMap(saidOf);
    const bare = said.filter(
      ({ suggestion, message, line, column }) => !suggestion || !message || line < 1 || column < 1,
    );
    expect(bare).toEqual([]);
  });

  it("are at least 150, and show every sentence that the checker can say", () => {
    expect(names.length).toBeGreaterThanOrEqual(150);
    const said = names.flatMap((name) => saidOf(name).map(({ message }) => message)).join("\n");
    const unsaid = sentences().filter(({ sentence }) => !sentence.test(said) && !ELSEWHERE.test(sentence.source));
    expect(unsaid.map(({ place, sentence }) => `${place}: ${sentence.source}`)).toEqual([]);
  });
});

/** Shown by tests of their own, or only by sets of files as large as their bounds. */
const ELSEWHERE =
  /same short id as|the file has no column|this is a link|MJML: |(?:rule file|template|set|list) has at most|there are at most|source reads at most/;

/** Every message in the checker's code, as a pattern: what it is put together of may be anything within a line. */
function sentences(): readonly { readonly place: string; readonly sentence: RegExp }[] {
  const root = join(import.meta.dirname, "../../engine/language");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(?<!\.test)\.ts$/.test(path),
  );
  const written = /(?:message(?::| =)|const said =|fault\()\s*(?:[\w.]+ \?\s*)?(`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")/g;
  return files.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return [...text.matchAll(written)].map(({ 1: quoted = "", index }) => {
      const body = quoted.slice(1, -1).replace(/\\(.)/g, "$1");
      // A template within a template ends what is read of the outer one.
      const whole = body.replace(/\$\{(?![^]*\})[^]*$/, "${}");
      const parts = whole
        .split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      const place = `${path}:${text.slice(0, index).split("\n").length}`;
      return { place, sentence: new RegExp(parts.join("[^\\n]*?")) };
    });
  });
}
