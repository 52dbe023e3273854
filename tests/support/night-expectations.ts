/** What tests expect of nights that meet planted faults: the same of whatever was planted. */
import { expect } from "vitest";
import type { NightBrand, NightRun } from "./night-brand.ts";

/** How often each cause was told. */
export function causesOf({ report }: NightRun): Record<string, number> {
  return Object.fromEntries(report.byCause.map(({ cause, found }) => [cause, found]));
}

/** Found by a dry run, which changes nothing, and put right by the next. @returns the night that has put it right */
export function expectPutRight(brand: NightBrand, expected: Readonly<Record<string, number>>): NightRun {
  const dry = brand.reconcile("--dry-run");
  expect({ code: dry.code, causes: causesOf(dry) }, JSON.stringify(dry.report.told)).toEqual({
    code: 1,
    causes: expected,
  });
  const night = brand.reconcile();
  expect({ code: night.code, causes: causesOf(night) }, JSON.stringify(night.report.told)).toEqual({
    code: 0,
    causes: expected,
  });
  return night;
}
