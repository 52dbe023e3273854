import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { readProductFile } from "./read-product-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vif-product-file-"));
function fileOf(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const CSV = "id,title\nlat,Café\n";

it("a file of products is read packed or not", () => {
  expect(readProductFile(fileOf("a.csv", CSV))).toBe(CSV);
  expect(readProductFile(fileOf("a.csv.gz", gzipSync(CSV)))).toBe(CSV);
});

it.each([
  ["in another encoding", Buffer.from(CSV, "latin1"), "no text in UTF-8"],
  ["torn", gzipSync(CSV.repeat(1_000)).subarray(0, 40), "torn or damaged"],
  ["of no text", Uint8Array.of(0x50, 0x4b, 3, 4, 0xff, 0xfe, 0), "no text in UTF-8"],
])("a file of products that is %s is refused as that", (name, bytes, reason) => {
  expect(() => readProductFile(fileOf(name, bytes))).toThrow(reason);
});

it("a file of products that is not there is told", () => {
  expect(() => readProductFile(join(folder, "none.csv"))).toThrow("cannot be read (ENOENT)");
});
