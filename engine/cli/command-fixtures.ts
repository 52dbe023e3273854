/**
 * What commands are run with in tests: an engine that answers every question alike and keeps what it was asked, and a
 * terminal without colours that keeps what is said.
 */
import type { NightReport } from "../control/nights-port.ts";
import type { EngineClient } from "./engine-client.ts";
import { createStyle, type Terminal } from "./terminal.ts";

/** @param answer what the control plane says, whatever it is asked */
export function createAskedClient(answer: unknown): { readonly client: EngineClient; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const ask = async (...question: readonly unknown[]): Promise<unknown> => {
    asked.push(question);
    return { is: "answer", answer };
  };
  return { client: { url: "http://127.0.0.1:8081", ask } as unknown as EngineClient, asked };
}

export function createKeptTerminal(): {
  readonly terminal: Terminal;
  /** What was printed, what was said beside it, and both as they came. */
  readonly out: () => string;
  readonly err: () => string;
  readonly text: () => string;
} {
  const lines: { readonly to: "out" | "err"; readonly text: string }[] = [];
  const style = createStyle(false);
  const terminal: Terminal = {
    out: (text) => void lines.push({ to: "out", text }),
    err: (text) => void lines.push({ to: "err", text }),
    outStyle: style,
    errStyle: style,
    columns: undefined,
  };
  const joined = (kept: typeof lines): string => kept.map(({ text }) => text).join("\n");
  return {
    terminal,
    out: () => joined(lines.filter(({ to }) => to === "out")),
    err: () => joined(lines.filter(({ to }) => to === "err")),
    text: () => joined(lines),
  };
}

export const NIGHT_AT = Date.UTC(2026, 2, 1, 3, 15);

/** In which nothing differed, and that only compared. */
export const NIGHT: NightReport = {
  startedAt: NIGHT_AT,
  endedAt: NIGHT_AT + 2_500,
  node: "n1",
  dryRun: false,
  shards: 4,
  profiles: 1_200,
  cells: 1_300,
  records: 9_000,
  drifts: 0,
  repaired: 0,
  byCause: [],
  told: [],
};
