import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeControlFile } from "../control/control-file.ts";
import { IDLE, startControl } from "../control/control-fixtures.ts";
import type { Report } from "../control/port.ts";
import { createHistory } from "../history/create-history.ts";
import { journalRows } from "../history/history-fixtures.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import { findReport } from "./report-source.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-report-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The built command, as an operator runs it: no terminal, so no colours. */
function vif(...args: string[]) {
  const entry = fileURLToPath(threadEntry(import.meta.url, "./main"));
  const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  return { code: status, out: stdout, err: stderr };
}

async function fillHistory(): Promise<void> {
  const history = await createHistory({ kind: "embedded", file: join(folder, "history.duckdb") });
  const from = { epoch: 0, position: 0 };
  const to = { epoch: 1, position: 77 };
  await history.drain([{ shard: 0 as ShardId, from, to, rows: journalRows(0, 1, 77) }]);
  await history.close();
}

test("with no engine the history itself is read", async () => {
  await fillHistory();
  const { code, out, err } = vif("report", "--shards");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("no engine runs on");
  expect(out).toMatch(/^Events +60 /m);
  expect(out).toMatch(/^page_viewed +60 +100\.0 % +10$/m);
  const json = vif("report", "--json");
  expect(JSON.parse(json.out)).toMatchObject({ events: 60, profiles: 10 });
});

test("without engine and history there is nothing to tell, and nothing is made", () => {
  const { code, out, err } = vif("report");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("There is no history in");
  expect(err).toContain("vif start");
});

test("a wrong setting is told with the remedy", () => {
  const entry = fileURLToPath(threadEntry(import.meta.url, "./main"));
  const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIRR: folder };
  const { status, stderr } = spawnSync(process.execPath, [entry, "report"], { cwd: folder, encoding: "utf8", env });
  expect(status).toBe(1);
  expect(stderr).toContain("VIF_DATA_DIR");
  expect(stderr).not.toContain("    at ");
});

const report: Report = {
  events: 5,
  profiles: 1,
  firstTimestamp: 0,
  lastTimestamp: 1,
  byEvent: [],
  transitions: [],
  watermarks: [],
};
const status = await IDLE.status();

test("a running engine is asked, and drained first when that is wanted", async () => {
  let drains = 0;
  let away = false;
  const plane = await startControl("the-token", {
    ...IDLE,
    report: async () => {
      if (away) throw new HistoryUnavailable("The history is away.");
      return report;
    },
    status: () => status,
    drain: async () => {
      drains++;
    },
  });
  const control = { url: plane.url, token: "the-token", pid: process.pid };
  const readHistory = () => Promise.reject(new Error("not while an engine runs"));
  try {
    expect(await findReport({ control, readHistory }, false)).toMatchObject({ report, status });
    expect(drains).toBe(0);
    await findReport({ control, readHistory }, true);
    expect(drains).toBe(1);
    away = true;
    expect(await findReport({ control, readHistory }, false)).toMatchObject({
      problem: "The engine cannot report: The history is away.",
    });
    const wrong = { ...control, token: "another" };
    expect(await findReport({ control: wrong, readHistory }, false)).toMatchObject({ problem: expect.any(String) });
  } finally {
    await plane.close();
  }
});

test("an engine that has just gone leaves the history to be read", async () => {
  const plane = await startControl("t");
  await plane.close();
  writeControlFile(folder, { url: plane.url, token: "t", pid: process.pid });
  await fillHistory();
  const { code, out } = vif("report");
  expect(code).toBe(0);
  expect(out).toContain("read from");
});
