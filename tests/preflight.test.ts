/** What an unfit machine or place is told: the very words, since they are all that its owner has. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "./support/free-ports.ts";
import { ROOT } from "./source-tree.ts";

interface Finding {
  readonly problem: string;
  readonly remedy: string;
}

interface Preflight {
  describeMachine(): Record<string, string | undefined>;
  checkMachine(machine: Record<string, string | undefined>): Finding[];
  checkPlace(
    config: { host: string; port: number; controlPort: number; dataDir: string },
    options?: { keep: boolean },
  ): Promise<Finding[]>;
}

const { checkMachine, checkPlace, describeMachine } = (await import(
  join(ROOT, "scripts", "preflight.mjs")
)) as Preflight;
const FIT = { nodeVersion: "20.19.0", abi: "115", platform: "linux", arch: "x64", glibcVersion: "2.27" };

it("finds the computer that runs the tests fit", () => {
  expect(checkMachine(describeMachine())).toEqual([]);
});

it.each([
  [{}, undefined],
  [{ platform: "darwin", arch: "arm64", glibcVersion: undefined }, undefined],
  [{ nodeVersion: "22.12.0", abi: "127", glibcVersion: "2.38" }, undefined],
  [{ nodeVersion: "20.18.3" }, "Node 20.18.3 is too old: Vif needs 20.19 or later."],
  [{ nodeVersion: "18.20.0", abi: "108" }, "Node 18.20.0 is too old: Vif needs 20.19 or later."],
  [
    { nodeVersion: "21.7.0", abi: "120" },
    "Node 21.7.0 has no prebuilt uWebSockets.js: there are some for Node 20, 22, 24, 25.",
  ],
  [{ glibcVersion: "2.26" }, "glibc 2.26 is too old for Node 20.19.0: uWebSockets.js wants 2.27."],
  [
    { nodeVersion: "22.12.0", abi: "127", glibcVersion: "2.36" },
    "glibc 2.36 is too old for Node 22.12.0: uWebSockets.js wants 2.38.",
  ],
  [
    { glibcVersion: undefined },
    "This system has no glibc (Alpine and other musl systems), which the prebuilt uWebSockets.js needs.",
  ],
  [{ platform: "win32", glibcVersion: undefined }, "Vif does not run on win32, x64."],
  [{ arch: "riscv64" }, "Vif does not run on linux, riscv64."],
])("on %j says: %s", (difference, problem) => {
  const findings = checkMachine({ ...FIT, ...difference });
  expect(findings.map((finding) => finding.problem)).toEqual(problem === undefined ? [] : [problem]);
  for (const { remedy } of findings) expect(remedy).not.toBe("");
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "vif-preflight-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it("names a port that is taken, the setting to change, and no free one", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const place = { host: "127.0.0.1", port: await freePort(), controlPort: port, dataDir: temporaryFolder() };
  expect(await checkPlace(place)).toEqual([
    {
      problem: `Port ${port} of 127.0.0.1 is taken, by another Vif perhaps.`,
      remedy: "Stop what listens there, or set VIF_CONTROL_PORT to another port (0: any free one).",
    },
  ]);
});

it("names an address that is not this computer's", async () => {
  const place = { host: "192.0.2.1", port: 8080, controlPort: 0, dataDir: temporaryFolder() };
  const findings = await checkPlace(place);
  expect(findings[0]?.problem).toBe("It is not possible to listen on 192.0.2.1:8080 (EADDRNOTAVAIL).");
});

it("names a data folder that cannot be one", async () => {
  if (platform() === "linux")
    expect(await checkPlace({ host: "127.0.0.1", port: 0, controlPort: 0, dataDir: "/proc/vif/data" })).toEqual([
      {
        problem: "The data folder /proc/vif/data cannot be written (ENOENT).",
        remedy: "Give this user the right to write in /proc, or set VIF_DATA_DIR to another folder.",
      },
    ]);
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  const findings = await checkPlace({ host: "127.0.0.1", port: 0, controlPort: 0, dataDir: join(file, "data") });
  expect(findings).toEqual([
    {
      problem: `The data folder ${join(file, "data")} cannot be one: ${file} is a file.`,
      remedy: "Move it away, or set VIF_DATA_DIR to another folder.",
    },
  ]);
});

it("makes a data folder that is to be kept, and leaves nothing of one that is only tried", async () => {
  const folder = temporaryFolder();
  const place = { host: "127.0.0.1", port: 0, controlPort: 0, dataDir: join(folder, "some", "data") };
  expect(await checkPlace(place, { keep: false })).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
  expect(await checkPlace(place)).toEqual([]);
  expect(readdirSync(join(folder, "some"))).toEqual(["data"]);
});
