/** `vif explain` over a real folder: what it prints and how it ends. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nearestName } from "../model/nearest-name.ts";
import { UsageError } from "./command.ts";
import { createExplainCommand } from "./explain-command.ts";
import { createStyle } from "./terminal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-explain-"));
  cpSync("rules", folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function explain(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const style = createStyle(false);
  const command = createExplainCommand(() => Promise.resolve(folder), nearestName);
  const code = await command.run(args, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    outStyle: style,
    errStyle: style,
    columns: undefined,
  });
  return { code, out: out.join("\n").replaceAll(folder, "rules"), err: err.join("\n") };
}

describe("vif explain", () => {
  it("says a rule in plain words, with both titles and what reads it", async () => {
    expect(await explain("cart-left-behind")).toEqual({
      code: 0,
      err: "",
      out: [
        "segment cart-left-behind  rules/segments/cart-left-behind.yaml",
        "Put something into the cart and went away / Panier abandonné",
        "",
        "A profile is in the segment cart-left-behind when",
        "  all of this holds:",
        "    the number of product_added in the last 3 days is at least 1",
        "    the last product_added was longer ago than 1 hour",
        "    the number of order_completed in the last 3 days is 0",
        "",
        "read by the content home-hero, the trigger cart-abandoned",
      ].join("\n"),
    });
  });

  it("lists all rules where none is named", async () => {
    const { code, out } = await explain();
    expect(code).toBe(0);
    expect(out).toMatch(/^segment +vip +Best customers of the year \/ Meilleurs clients de l'année$/m);
    expect(out).toMatch(/^loyalty +club-points/m);
  });

  it("explains a segment and a content of the same name, one after the other", async () => {
    writeFileSync(join(folder, "content/vip.yaml"), "content: vip\notherwise: nothing\n");
    const { out } = await explain("vip");
    expect(out).toContain("segment vip  rules/segments/vip.yaml");
    expect(out).toContain("content vip  rules/content/vip.yaml\n\nIn the place vip\nnothing is shown always");
  });

  it("gives a program one object", async () => {
    const { rules } = JSON.parse((await explain("vip", "--json")).out) as { rules: readonly object[] };
    expect(rules).toMatchObject([
      { kind: "segment", name: "vip", title: { en: "Best customers of the year" }, readBy: expect.any(Array) },
    ]);
  });

  it("answers a name that there is not with the nearest one, and ends with 1", async () => {
    expect(await explain("vipp")).toEqual({ code: 1, out: "", err: 'There is no rule "vipp".\nDid you mean "vip"?' });
  });

  it("tells the mistakes of rules that cannot be read, in place of anything else", async () => {
    writeFileSync(join(folder, "segments/vip.yaml"), "segment: vip\nwhen: vip = 3\n");
    const { code, out } = await explain("buyer");
    expect(code).toBe(1);
    expect(out).toContain("rules/segments/vip.yaml:2:7: there is no field `vip`");
    expect(JSON.parse((await explain("--json")).out)).toMatchObject({ rules: [], problems: [{ line: 2 }] });
  });

  it("takes one name at most", async () => {
    await expect(explain("vip", "buyer")).rejects.toThrow(UsageError);
  });
});
