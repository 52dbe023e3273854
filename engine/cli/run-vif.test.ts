import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HistoryUnavailable, SetupError, ThreadEnded } from "../model/errors.ts";
import { nearestName } from "../model/nearest-name.ts";
import { parseFlags } from "./command.ts";
import type { Command } from "./command.ts";
import { createReportCommand } from "./report-command.ts";
import { runVif } from "./run-vif.ts";
import { createStyle } from "./terminal.ts";

async function vif(args: readonly string[], commands: readonly Command[] = [report, failing("fail")]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runVif(
    args,
    { version: "1.2.3", groups: [{ title: "All", commands }], nearest: nearestName },
    {
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
      outStyle: createStyle(false),
      errStyle: createStyle(false),
      columns: undefined,
    },
  );
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const noSource = () => Promise.reject(new Error("not asked for here"));
const report = createReportCommand(noSource, nearestName);

function failing(name: string, error: Error = new Error("a fault")): Command {
  return { name, summary: "fail", help: "Help of fail", run: () => Promise.reject(error) };
}

test("vif --help names every command and exits 0", async () => {
  const { code, out, err } = await vif(["--help"]);
  expect(code).toBe(0);
  expect(out).toContain("report");
  expect(out).toContain("vif 1.2.3");
  expect(out).toMatch(/\n\nAll\n {2}report /);
  expect(err).toBe("");
});

test("each command's help says how it is called, by examples, and what its exit codes mean", () => {
  const folder = new URL(".", import.meta.url);
  const helps = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(/`((?:\\.|[^`\\])*)`/g)])
    .flatMap(([, text = ""]) => (/^Usage: vif [a-z]/m.test(text) ? [text] : []));
  expect(helps.length).toBeGreaterThan(25);
  for (const help of helps) {
    const named = /^Usage: (vif [a-z]+)/m.exec(help)?.[1];
    expect(help, named).toMatch(/^Examples:\n {2}(?:[A-Z_]+=\S+ )*vif [a-z]/m);
    // The commands that steer have theirs in one place.
    expect(help, named).toMatch(/^Exit codes: 0 [^]*\b2 not\s+understood\.$|^\$\{CODES\}$/m);
  }
});

test("vif alone shows the help and exits 2, for nothing was asked", async () => {
  const { code, out } = await vif([]);
  expect(code).toBe(2);
  expect(out).toContain("Usage:");
});

test.each([[["report", "--help"]], [["help", "report"]], [["report", "--json", "-h"]]])(
  "%j shows the command's own help, with examples",
  async (args) => {
    const { code, out } = await vif(args);
    expect(code).toBe(0);
    expect(out).toContain("Examples:");
  },
);

test("a mistyped command is answered with the nearest one", async () => {
  expect(await vif(["reprot"])).toEqual({
    code: 2,
    out: "",
    err: 'vif has no command "reprot". Did you mean "report"?\nvif --help tells what there is.',
  });
  expect((await vif(["xyzzy"])).err).not.toContain("Did you mean");
});

test("what asks for JSON is told of a failure in JSON too, and what has a result in nothing else", async () => {
  const failed = await vif(["report", "--json", "--shop=x"]);
  expect(failed.code).toBe(2);
  expect(JSON.parse(failed.out)).toEqual({ error: { message: failed.err } });
  const half: Command = {
    name: "half",
    summary: "has a result, and fails",
    help: "",
    run(_args, { out, err }) {
      out("{}");
      err("drift");
      return Promise.resolve(1);
    },
  };
  expect(await vif(["half", "--json"], [half])).toEqual({ code: 1, out: "{}", err: "drift" });
});

test("a mistyped option is answered with the nearest one", async () => {
  expect(await vif(["report", "--jsno"])).toEqual({
    code: 2,
    out: "",
    err: "--jsno is no option. Did you mean --json?\nvif report --help tells what is allowed.",
  });
});

test.each([
  ["--json=yes", "--json takes no value."],
  ["today", 'There is nothing to do with "today".'],
  ["-x", "-x is no option."],
])("%s is refused", async (arg, said) => {
  const { code, err } = await vif(["report", arg]);
  expect(code).toBe(2);
  expect(err).toContain(said);
});

test("flags that are given are set and no others", () => {
  expect(parseFlags(["--json"], ["json", "all"], nearestName)).toEqual({ json: true, all: false });
});

test.each([
  [new SetupError("The folder is full.", "Empty it."), "The folder is full.\nEmpty it."],
  [new HistoryUnavailable("The history is away."), "The history is away."],
  [new ThreadEnded("The thread ended. Run it again."), "The thread ended. Run it again."],
])("what an operator can mend is told without a stack", async (error, said) => {
  expect(await vif(["fail"], [failing("fail", error)])).toEqual({ code: 1, out: "", err: said });
});

test("a fault of the program keeps its stack", async () => {
  await expect(vif(["fail"])).rejects.toThrow("a fault");
});
