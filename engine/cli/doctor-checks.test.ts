import { describe, expect, it } from "vitest";
import { IDLE, OWNED_SHARD } from "../control/control-fixtures.ts";
import type { Status } from "../control/port.ts";
import { checkClock, checkEngine, checkKeys, checkMachineFacts, checkSite } from "./doctor-checks.ts";

const machine = { nodeVersion: "20.20.2", platform: "linux", arch: "x64", glibcVersion: "2.36" };

async function status(parts: Partial<Status> = {}): Promise<Status> {
  return { ...(await IDLE.status()), shards: [OWNED_SHARD], ...parts };
}

const verdicts = (findings: readonly { readonly name: string; readonly is: string }[]) =>
  findings.map(({ name, is }) => `${name} ${is}`);

describe("the doctor", () => {
  it("passes on what the preflight finds, with its remedy", () => {
    expect(checkMachineFacts(machine, [])).toMatchObject([
      { is: "well", found: "Node 20.20.2 on linux x64, glibc 2.36" },
    ]);
    const unfit = { problem: "Node 18 is too old", remedy: "Install Node 20" };
    expect(checkMachineFacts(machine, [unfit])).toEqual([
      { name: "machine", is: "ill", found: "Node 18 is too old", remedy: "Install Node 20" },
    ]);
  });

  it("warns of a site on this computer at another port than the engine's", () => {
    expect(checkSite("http://127.0.0.1:8080", 9_000)).toMatchObject([{ name: "site", is: "warning" }]);
    for (const [site, port] of [
      ["http://127.0.0.1:8080", 8_080],
      ["http://127.0.0.1:8080", 0],
      ["https://shop.example", 9_000],
      ["https://shop.example:99999", 9_000],
      ["http://localhost", 80],
      [undefined, 9_000],
    ] as const)
      expect(checkSite(site, port)).toEqual([]);
  });

  it("finds an engine that works well", async () => {
    expect(verdicts(checkEngine(await status(), "http://127.0.0.1:8081"))).toEqual([
      "engine well",
      "shards well",
      "history well",
    ]);
  });

  it("tells an engine that is not there from one that does not answer", () => {
    expect(checkEngine(undefined, undefined)).toMatchObject([
      { is: "warning", remedy: expect.stringContaining("vif start") },
    ]);
    expect(checkEngine(undefined, "http://127.0.0.1:8081")).toMatchObject([{ is: "ill" }]);
  });

  it.each([
    ["no shards", { shards: [{ ...OWNED_SHARD, state: "lost" as const }] }, "shards ill"],
    ["a history that is away", { history: { kind: "postgres", rows: 0, trouble: "refused" } }, "history ill"],
    ["a history that slows events", { history: { kind: "postgres", rows: 0, slowed: true } }, "history ill"],
    ["a clock that has gone back", { timeAheadSeconds: 86_400 }, "clocks ill"],
    ["a store that takes nothing", { trouble: "ENOSPC: no space left on device" }, "store ill"],
    ["rule files with a mistake", { rules: { problems: 1, first: "rules/a.yaml:3:5: no" } }, "rules ill"],
    ["a history that is slow", { shards: [{ ...OWNED_SHARD, lagSeconds: 100 }] }, "history warning"],
    ["a store that is being filled", { shards: [{ ...OWNED_SHARD, unfilled: 12 }] }, "store warning"],
    ["a journal at odds with history", { shards: [{ ...OWNED_SHARD, drain: "hole" as const }] }, "history ill"],
  ])("finds %s", async (_, parts, verdict) => {
    const findings = checkEngine(await status(parts), "http://127.0.0.1:8081");
    expect(verdicts(findings)).toContain(verdict);
    for (const { is, remedy } of findings) expect(remedy === undefined).toBe(is === "well");
  });

  it("warns of keys that everybody knows", () => {
    expect(checkKeys([{ key: "0123456789abcdef", kind: "server" }], false)).toMatchObject({
      is: "well",
      found: "1 key (server)",
    });
    for (const key of ["example-write-key", "replace-me-with-a-secret-key"])
      expect(checkKeys([{ key, kind: "browser" }], true)).toMatchObject({ is: "warning" });
  });

  it("finds clocks that are apart", () => {
    expect(checkClock(undefined, 2_000).is).toBe("well");
    expect(checkClock(-1_500, 2_000)).toMatchObject({ is: "well", found: "1.5 s apart from the store's" });
    expect(checkClock(-2_500, 2_000)).toMatchObject({ is: "ill", remedy: expect.stringContaining("NTP") });
  });
});
