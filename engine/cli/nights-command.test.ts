/** Nights as a person reads them. */
import { expect, test } from "vitest";
import type { NightReport } from "../control/nights-port.ts";
import { NIGHT as night, NIGHT_AT as AT } from "./command-fixtures.ts";
import { localTime } from "./engine-client.ts";
import { renderNights } from "./nights-command.ts";

const plain = (text: string): string => text;
const STYLE = { bold: plain, dim: plain, green: plain, yellow: plain, red: plain, cyan: plain, magenta: plain };

test("each tells what it found, what it did besides, what changed, and what was put off", () => {
  const steps: NightReport["steps"] = [
    {
      step: "retain",
      startedAt: AT + 2_500,
      endedAt: AT + 4_000,
      changed: { rows: 1_500, messages: 2 },
      problem: "the disk is full",
    },
    { step: "rfm", startedAt: AT + 4_000, endedAt: AT + 4_100, changed: {} },
    { step: "recommend", startedAt: AT + 4_100, endedAt: AT + 9_000, changed: { customers: 800 } },
  ];
  const before = { ...night, startedAt: AT - 86_400_000, endedAt: AT - 86_400_000, drifts: 3, repaired: 1 };
  expect(renderNights([{ ...night, steps }, before], STYLE).split("\n")).toEqual([
    `${localTime(AT)}  nothing differed  2.5 s, 1,200 profiles, by node n1`,
    "  what was too old: 1,500 rows of history went; 2 messages were let go; put off to a later night: the disk is full  1.5 s",
    "  who buys how often: nothing changed  0.1 s",
    "  recommendations: learned from 800 customers  4.9 s",
    `${localTime(AT - 86_400_000)}  3 differences, 2 of them not settled  0.0 s, 1,200 profiles, by node n1`,
  ]);
});

test("one that only compared says so, whether anything differed or not", () => {
  const compared = { ...night, dryRun: true };
  expect(renderNights([compared, { ...compared, drifts: 2 }], STYLE)).toMatch(
    /nothing differed, compared only .*\n.* 2 differences, compared only /,
  );
});

test("where there was none it says how one begins", () => {
  expect(renderNights([], STYLE)).toContain("vif night");
});
