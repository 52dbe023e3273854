/** `vif try` as a marketer uses it: on a running engine, with rules in force and with a draft, and on its history alone. */
import { spawn } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TryAnswer } from "../../engine/control/try-port.ts";
import { ROOT } from "../source-tree.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { sendBatch } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const HOUR_MS = 3_600_000;
const now = Date.now();
let folder = "";
let engine: EngineProcess;

/** The command as `npm run build` leaves it, without a terminal. */
async function vif(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    VIF_DATA_DIR: join(folder, "data"),
    VIF_RULES: join(ROOT, "rules"),
  };
  const child = spawn(process.execPath, [join(ROOT, "dist/engine/cli/main.js"), ...args], { env, cwd: folder });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

async function tried(...args: readonly string[]): Promise<TryAnswer> {
  const { code, out, err } = await vif("try", ...args, "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as TryAnswer;
}

function viewed(visitor: string, hoursAgo: number, category = "shoes") {
  const timestamp = new Date(now - hoursAgo * HOUR_MS).toISOString();
  const properties = { category, product_id: "p", price: 10 };
  return { type: "track", event: "Product Viewed", anonymousId: visitor, timestamp, properties };
}

beforeAll(async () => {
  folder = createTestFolder("try");
  engine = await createEngineProcess({ rules: join(ROOT, "rules"), folder: join(folder, "data") });
  await engine.start();
  const batch = [
    ...[90, 80, 70].map((hours) => viewed("early", hours)),
    ...[30, 20, 10].map((hours) => viewed("late", hours)),
    ...[30, 20].map((hours) => viewed("twice", hours)),
    ...[30, 20, 10].map((hours) => viewed("bags", hours, "bags")),
  ].map((event, index) => ({ ...event, messageId: `m${index}` }));
  await sendBatch(engine, batch);
  await engine.drain();
}, 60_000);

afterAll(async () => {
  await engine?.kill();
  removeTestFolder(folder);
});

describe("a rule tried over the past", () => {
  it("is told with who was inside, entered and left", async () => {
    const report = await tried("shoe-lover", "--since", "50h");
    expect(report).toMatchObject({ kind: "segment", insideBefore: 1, entered: 1, left: 0, insideNow: 2, people: 4 });
    // By now the newest views are ten hours old; all are within the week.
    const before = new Date(now - 60 * HOUR_MS).toISOString().slice(0, 16);
    expect(await tried("shoe-lover", "--since", "100h", "--until", `${before}Z`)).toMatchObject({
      insideBefore: 0,
      entered: 1,
      insideNow: 1,
    });
  });

  it("is told of a content by what each person would be shown", async () => {
    const report = await tried("home-hero", "--since", "1h");
    if (report.kind !== "content") throw new TypeError("a content is told as one");
    expect(report.shows).toContainEqual({ show: "hero-shoes", people: 2 });
    expect(report.shows.reduce((sum, { people }) => sum + people, 0)).toBe(report.people);
  });

  it("may be a draft that the engine has never seen", async () => {
    const draft = join(folder, "draft");
    cpSync(join(ROOT, "rules"), draft, { recursive: true });
    const rule = join(draft, "segments", "hat-lover.yaml");
    writeFileSync(rule, "segment: hat-lover\nwhen: count of product_viewed where category = bags in last 1 day >= 2\n");
    const report = await tried("hat-lover", "--since", "26h", "--rules", draft);
    expect(report).toMatchObject({ insideBefore: 0, entered: 1, left: 0, insideNow: 1 });
    writeFileSync(rule, "segment: hat-lover\nwhen: count of product_vewed >= 2\n");
    const wrong = await vif("try", "hat-lover", "--since", "26h", "--rules", draft);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("there is no event `product_vewed`");
    expect(wrong.err).toContain("did you mean `product_viewed`?");
  });

  it("is read by a person as a table, and a name that is none is answered with the nearest", async () => {
    const { code, out, err } = await vif("try", "shoe-lover", "--since", "4d");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^0 inside at first +\+2 entered +-0 left +2 inside at last$/m);
    expect(out).toMatch(/^\d{4}-\d{2}-\d{2} +\d+ +\d+ +2 +▇+$/m);
    expect(await vif("try", "shoe-lovers", "--since", "4d")).toMatchObject({
      code: 1,
      out: "",
      err: "There is no rule of that name. Did you mean shoe-lover?\n",
    });
  });

  it.each([
    [["shoe-lover"], "--since is missing"],
    [["shoe-lover", "--since", "soon"], 'and not "soon"'],
    [["shoe-lover", "--since", "2026-02-30"], 'and not "2026-02-30"'],
    [["shoe-lover", "--since", "9999d"], "at most 1830 days"],
    [["shoe-lover", "--since", "1d", "--until", "2d"], "--since must be before --until"],
  ])("%s is not understood", async (args, said) => {
    const { code, out, err } = await vif("try", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(said);
  });

  it("is refused over the control plane with what is wrong", async () => {
    const ask = async (body: string): Promise<{ readonly status: number; readonly answer: unknown }> => {
      const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/try`, {
        method: "POST",
        headers: { authorization: "Bearer control-token-of-fault-runs" },
        body,
      });
      return { status: response.status, answer: await response.json() };
    };
    expect(await ask("{")).toMatchObject({ status: 400, answer: { code: "malformed_json" } });
    expect(await ask('{"rule":"vip"}')).toMatchObject({ status: 400, answer: { code: "missing_field" } });
    expect(await ask('{"rule":"vip","since":2,"until":1}')).toMatchObject({ status: 400 });
    expect(await ask('{"rule":"nobody","since":1,"until":2}')).toMatchObject({ status: 404 });
    const bare = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/try`, { method: "POST", body: "{}" });
    expect(bare.status).toBe(401);
  });

  it("is the same from the history alone, once no engine runs", async () => {
    const running = await tried("shoe-lover", "--since", "4d");
    await engine.stop();
    const alone = await tried("shoe-lover", "--since", "4d");
    expect({ ...alone, since: 0, until: 0 }).toEqual({ ...running, since: 0, until: 0 });
  });
});
