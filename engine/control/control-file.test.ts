import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readControlFile, removeControlFile, writeControlFile } from "./control-file.ts";

let folder: string;
const file = { url: "http://127.0.0.1:8081", token: "t0", pid: process.pid };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-control-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test("what was written is read, by its own user only", () => {
  writeControlFile(folder, file);
  expect(readControlFile(folder)).toEqual(file);
  expect(statSync(join(folder, "control.json")).mode & 0o777).toBe(0o600);
});

test("a file left behind is replaced, whatever its rights were", () => {
  writeFileSync(join(folder, "control.json"), "old");
  chmodSync(join(folder, "control.json"), 0o644);
  writeControlFile(folder, file);
  expect(readControlFile(folder)).toEqual(file);
  expect(statSync(join(folder, "control.json")).mode & 0o777).toBe(0o600);
});

test("a file whose process is gone is as good as none", () => {
  writeControlFile(folder, { ...file, pid: 2 ** 22 + 1 });
  expect(readControlFile(folder)).toBeUndefined();
});

test.each(["", "{", "[]", '{"url":"ftp://x","token":"t","pid":1}', '{"url":"http://x"}'])(
  "%s is as good as none",
  (text) => {
    writeFileSync(join(folder, "control.json"), text);
    expect(readControlFile(folder)).toBeUndefined();
  },
);

test("an engine that ends removes its own file and no other's", () => {
  writeControlFile(folder, file);
  removeControlFile(folder, process.pid + 1);
  expect(existsSync(join(folder, "control.json"))).toBe(true);
  removeControlFile(folder, process.pid);
  expect(existsSync(join(folder, "control.json"))).toBe(false);
});
