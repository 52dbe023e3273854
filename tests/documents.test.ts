/** Every command in the documents does what it says: each is run, in a copy of the tree, as a reader would. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCommands } from "./document-commands.ts";
import type { DocumentCommand } from "./document-commands.ts";
import { startEngine } from "./running-engine.ts";
import type { RunningEngine } from "./running-engine.ts";
import { ROOT } from "./source-tree.ts";

const NOT_COPIED = new Set(["node_modules", "dist", "data", ".git", "coverage"]);
const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");
const documents = [...readdirSync(ROOT), ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);
const commands = documents.flatMap((name) => parseCommands(name, read(name)));
const title = ({ document, line, command }: DocumentCommand): string =>
  `${document}:${line} ${command.split("\n")[0] ?? ""}`;
const thatRun = (how: string): DocumentCommand[] => commands.filter(({ running }) => running.how === how);

let folder = "";
/** Has `vif`, as where the package is installed. */
let programs = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-documents-"));
  cpSync(ROOT, folder, { recursive: true, filter: (path) => path === ROOT || !NOT_COPIED.has(basename(path)) });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  programs = mkdtempSync(join(tmpdir(), "vif-programs-"));
  const vif = `#!/bin/sh\nexec "${process.execPath}" "${join(folder, "scripts", "vif.mjs")}" "$@"\n`;
  writeFileSync(join(programs, "vif"), vif, { mode: 0o755 });
});

afterAll(() => {
  for (const each of [folder, programs]) rmSync(each, { recursive: true, force: true });
});

/** The environment of a reader, who has no settings of ours. */
function readersEnvironment(): NodeJS.ProcessEnv {
  const theirs = Object.entries(process.env).filter(([name]) => !/^(VIF_|VITEST|NODE_ENV|npm_)/.test(name));
  return { ...Object.fromEntries(theirs), PATH: `${programs}:${process.env["PATH"] ?? ""}` };
}

function run(command: string): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: readersEnvironment(), maxBuffer: 64 * 1024 * 1024 };
    execFile("bash", ["-c", command], options, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error === null ? 0 : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

describe("a command that ends by itself ends well", () => {
  const able = thatRun("alone");
  it.each(able.map((command) => [title(command), command.command]))("%s", async (_, command) => {
    const { code, output } = await run(command);
    expect(code, output).toBe(0);
  });
});

describe("a command that starts the engine", () => {
  it.each(thatRun("until ready").map((command) => [title(command), command.command]))("%s", async (_, command) => {
    const data = mkdtempSync(join(tmpdir(), "vif-documents-data-"));
    let engine: RunningEngine | undefined;
    try {
      engine = await startEngine(command, folder, { VIF_DATA_DIR: data });
      for (const step of thatRun("with the engine")) {
        const here = step.command
          .replaceAll("127.0.0.1:8080", `127.0.0.1:${engine.port}`)
          .replaceAll("127.0.0.1:8081", `127.0.0.1:${engine.controlPort}`);
        // A client that got a refusal says so by its exit code.
        const { code, output } = await run(
          `VIF_PORT=${engine.port} VIF_CONTROL_PORT=${engine.controlPort} VIF_DATA_DIR=${data} ${here.replace(/^curl /, "curl --fail-with-body ")}`,
        );
        expect(code, `${title(step)}\n${output}\n${engine.output()}`).toBe(0);
      }
      expect(await engine.stop(), engine.output()).toBe(0);
      engine = undefined;
    } finally {
      await engine?.stop();
      rmSync(data, { recursive: true, force: true });
    }
  });
});

describe("a command that is run elsewhere", () => {
  for (const command of thatRun("elsewhere")) {
    it(title(command), ({ skip }) => {
      skip(command.running.how === "elsewhere" ? command.running.reason : "");
    });
  }
});

describe("reading the documents", () => {
  it("finds commands over several lines, and leaves comments out", () => {
    const text = "```sh\n# first\na \\\n  b\nc\n```\n```\nd\n```\n";
    expect(parseCommands("x.md", text).map(({ line, command }) => [line, command])).toEqual([
      [3, "a \\\n  b"],
      [5, "c"],
    ]);
  });

  it("refuses a remark that it does not know", () => {
    expect(() => parseCommands("x.md", "<!-- runs: sometimes -->")).toThrow("x.md:1");
  });
});
