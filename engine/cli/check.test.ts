/** `vif check` over real folders: what it prints and how it ends. */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SetupError } from "../model/errors.ts";
import { runCheck } from "./check.ts";
import { UsageError } from "./command.ts";
import { createStyle, type Terminal } from "./terminal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-check-"));
  cpSync("rules", folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps what is printed. */
function listen(colours = false): { terminal: Terminal; printed: () => string } {
  const lines: string[] = [];
  const keep = (text: string) => void lines.push(text);
  const style = createStyle(colours);
  return {
    terminal: { out: keep, err: keep, outStyle: style, errStyle: style, columns: undefined },
    printed: () => lines.join("\n"),
  };
}

describe("vif check", () => {
  it("is content with the example brand", async () => {
    const { terminal, printed } = listen();
    expect(await runCheck([folder], terminal)).toBe(0);
    expect(printed()).toMatch(
      /^All is well\. \d+ files: \d+ segments, \d+ contents, \d+ triggers \(plan [0-9a-f]{8}\)$/,
    );
  });

  it("tells all problems of all files with their places, and ends with 1", async () => {
    writeFileSync(join(folder, "segments/vip.yaml"), "segment: vip\nwhen: sum of order_complete.total >= 1000\n");
    writeFileSync(join(folder, "segments/buyer.yaml"), "segment: buyer\nwhen: citty = Paris and age > 3\n");
    const { terminal, printed } = listen();
    expect(await runCheck([folder], terminal)).toBe(1);
    expect(
      printed()
        .replaceAll(folder, "rules")
        .replace(/ of \d+\.$/, " of all."),
    ).toBe(
      [
        "rules/segments/buyer.yaml:2:7: there is no field `citty` in fields.yaml  [unknown_name]",
        "  2 | when: citty = Paris and age > 3",
        "    |       ^^^^^",
        "    = did you mean `city`?",
        "",
        "rules/segments/buyer.yaml:2:25: there is no field `age` in fields.yaml  [unknown_name]",
        "  2 | when: citty = Paris and age > 3",
        "    |                         ^^^",
        "    = fields: `birth_date`, `card_points`, `card_tier`, `city`, `country`, `credit_until`, `email`, `first_name` and 13 more",
        "",
        "rules/segments/vip.yaml:2:14: there is no event `order_complete`  [unknown_event]",
        "  2 | when: sum of order_complete.total >= 1000",
        "    |              ^^^^^^^^^^^^^^",
        "    = did you mean `order_completed`?",
        "",
        "3 problems in 2 files of all.",
      ].join("\n"),
    );
  });

  it("tells of links that lead nowhere, and of folders that are linked, and is content when they are gone", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "vif-linked-"));
    symlinkSync(join(folder, "no-such.yaml"), join(folder, "triggers/lost.yaml"));
    symlinkSync(elsewhere, join(folder, "segments/shared"));
    symlinkSync(join(folder, "no-such"), join(folder, "segments/.#lock.yaml"));
    const { terminal, printed } = listen();
    expect(await runCheck([folder], terminal)).toBe(1);
    expect(printed().replaceAll(folder, "rules")).toMatch(
      /^rules\/segments\/shared:1:1: this is a link to a folder, which is not followed  \[broken_link\]\n.*\n.*\n *= link each file of it\n\nrules\/triggers\/lost\.yaml:1:1: this is a link that leads nowhere  \[broken_link\]\n.*\n.*\n *= make the file that it names, or remove the link\n\n2 problems/,
    );
    rmSync(join(folder, "segments/shared"));
    rmSync(join(folder, "triggers/lost.yaml"));
    rmSync(elsewhere, { recursive: true });
    expect(await runCheck([folder], listen().terminal)).toBe(0);
  });

  it("paints for a person only", async () => {
    writeFileSync(join(folder, "segments/vip.yaml"), "segment: vip\nwhen: vip\n");
    const plain = listen();
    await runCheck([folder], plain.terminal);
    expect(plain.printed()).not.toContain("\u001b");
    const painted = listen(true);
    await runCheck([folder], painted.terminal);
    expect(painted.printed()).toContain("\u001b[31m");
  });

  it("gives a program one object", async () => {
    const sound = listen();
    expect(await runCheck(["--json", folder], sound.terminal)).toBe(0);
    expect(JSON.parse(sound.printed())).toMatchObject({ sound: true, problems: [] });
    writeFileSync(join(folder, "segments/vip.yaml"), "segment: vip\nwhen: vip = 3\n");
    const wrong = listen();
    expect(await runCheck([folder, "--json"], wrong.terminal)).toBe(1);
    expect(JSON.parse(wrong.printed())).toMatchObject({
      sound: false,
      problems: [{ code: "unknown_name", path: "segments/vip.yaml", line: 2, column: 7, length: 3 }],
    });
  });

  it("refuses what it does not understand, and a folder that is not there", async () => {
    const { terminal } = listen();
    await expect(runCheck(["--jsn"], terminal)).rejects.toThrow(UsageError);
    await expect(runCheck(["a", "b"], terminal)).rejects.toThrow(UsageError);
    await expect(runCheck([join(folder, "nowhere")], terminal)).rejects.toThrow(SetupError);
  });
});
