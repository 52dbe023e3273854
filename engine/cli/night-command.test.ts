/** What `vif night` and `vif reconcile` end with: a scheduler that runs them looks at nothing else. */
import { expect, test } from "vitest";
import type { NightReport } from "../control/nights-port.ts";
import { createKeptTerminal, NIGHT, NIGHT_AT as AT } from "./command-fixtures.ts";
import type { EngineClient } from "./engine-client.ts";
import type { NightSource } from "./follow-night.ts";
import { createNightCommand } from "./night-command.ts";
import { createReconcileCommand } from "./reconcile-command.ts";

const BEHIND = { cause: "history_behind", found: 1, repaired: 0 } as const;

/** Runs a command against an engine that says this of the night; undefined: it ends before it has. */
async function exitCode(create: typeof createNightCommand, said: Partial<NightReport> | undefined): Promise<number> {
  const client: Pick<EngineClient, "listen"> = {
    async listen(_path, each) {
      if (said !== undefined) each("report", JSON.stringify({ ...NIGHT, ...said }));
      return { is: "answer", answer: undefined };
    },
  };
  const source = async (): Promise<NightSource> => ({
    client: client as EngineClient,
    status: { columns: undefined, show: () => undefined, clear: () => undefined },
    signal: new AbortController().signal,
  });
  return create(source, () => undefined).run([], createKeptTerminal().terminal);
}

test("a night ends with 0 where all of it is done, and with 1 where anything is left", async () => {
  const step = { step: "retain", startedAt: AT, endedAt: AT + 1, changed: {} } as const;
  expect(await exitCode(createNightCommand, { steps: [step] })).toBe(0);
  expect(await exitCode(createNightCommand, { drifts: 2, repaired: 2, steps: [step] })).toBe(0);
  expect(await exitCode(createNightCommand, { steps: [{ ...step, problem: "the disk is full" }] })).toBe(1);
  expect(await exitCode(createNightCommand, { drifts: 1, byCause: [BEHIND] })).toBe(1);
  expect(await exitCode(createNightCommand, undefined)).toBe(1);
});

test("a reconciliation ends with 0 where nothing differs or all was put right, else with 1", async () => {
  expect(await exitCode(createReconcileCommand, {})).toBe(0);
  expect(await exitCode(createReconcileCommand, { drifts: 3, repaired: 3 })).toBe(0);
  expect(await exitCode(createReconcileCommand, { drifts: 3, repaired: 2 })).toBe(1);
  expect(await exitCode(createReconcileCommand, { dryRun: true, drifts: 1 })).toBe(1);
  expect(await exitCode(createReconcileCommand, undefined)).toBe(1);
});
