/** The published files, read whole: every line, to the cent. Skipped where the folder of public test data is missing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkSource } from "../language/port.ts";
import type { SourceMapping } from "../model/source-mapping.ts";
import { formatDecimal } from "./decimal.ts";
import type { GroupedReceipt } from "./group-receipts.ts";
import { openText } from "./open-text.ts";
import { readReceipts } from "./read-receipts.ts";

const data = process.env.VIF_TEST_DATA ?? "../shared/data";
const retail = join(data, "online-retail/online_retail.csv.gz");
const journey = join(data, "complete-journey/transactions_sample.csv.gz");
const missing = (path: string) => (existsSync(path) ? undefined : `no file ${path}: set VIF_TEST_DATA`);

function mappingOf(name: string): SourceMapping {
  const path = `sources/${name}.yaml`;
  const { mapping, problems } = checkSource({ path, text: readFileSync(`rules/${path}`, "utf8") }, undefined);
  expect(problems).toEqual([]);
  return mapping as SourceMapping;
}

async function readAll(path: string, source: string) {
  const counts = { rows: 0, rejected: 0 };
  const receipts: GroupedReceipt[] = [];
  const reasons: string[] = [];
  const options = {
    counts,
    onColumns: () => undefined,
    onRejected: (row: { reason: string }) => reasons.push(row.reason),
  };
  for await (const complete of readReceipts(await openText(path), mappingOf(source), options))
    receipts.push(...complete);
  const sum = receipts.reduce(
    (total, { lines }) => total + lines.reduce((each, { article }) => each + article.total, 0),
    0,
  );
  return { counts, receipts, reasons, sum: formatDecimal(sum) };
}

it.skipIf(missing(retail) !== undefined)(`Online Retail ${missing(retail) ?? ""}`, async () => {
  const { counts, receipts, reasons, sum } = await readAll(retail, "online-retail");
  expect(reasons).toEqual([]);
  expect(counts).toEqual({ rows: 541_909, rejected: 0 });
  expect(receipts.length).toBe(25_900);
  expect(new Set(receipts.map(({ head }) => head.key)).size).toBe(25_900);
  expect(sum).toBe("9747747.934");
  expect(receipts.filter(({ head }) => head.customer !== "").length).toBe(22_190);
  expect(new Set(receipts.map(({ head }) => head.customer)).size).toBe(4_373);
  expect(receipts.filter(({ head }) => head.returned).length).toBe(3_836);
  expect(receipts.filter(({ lines }) => lines.some(({ at }) => at !== undefined)).length).toBe(43);
  expect(Math.max(...receipts.map(({ lines }) => lines.length))).toBe(1_114);
  const first = receipts[0]?.head;
  expect(first).toMatchObject({ id: "536365", at: Date.UTC(2010, 11, 1, 8, 26), customer: '{"card":"17850"}' });
});

it.skipIf(missing(journey) !== undefined)(`Complete Journey ${missing(journey) ?? ""}`, async () => {
  const { counts, receipts, reasons, sum } = await readAll(journey, "complete-journey");
  expect(reasons).toEqual([]);
  expect(counts).toEqual({ rows: 75_000, rejected: 0 });
  expect(receipts.length).toBe(47_243);
  expect(sum).toBe("233935.24");
  expect(new Set(receipts.map(({ head }) => head.customer)).size).toBe(2_377);
  expect(new Set(receipts.map(({ head }) => head.store)).size).toBe(293);
  expect(receipts.every(({ head }, index) => index === 0 || head.at >= (receipts[index - 1]?.head.at ?? 0))).toBe(true);
});
