/** Keeps and prints what a bench measured: a table for people, a file a run under bench/results/ for the record. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly load1: number;
}

export function circumstances(): Circumstances {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    commit: commitOf(),
    node: process.version,
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load1: loadavg()[0] ?? NaN,
  };
}

function commitOf(): string {
  try {
    const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const changed = execFileSync("git", ["status", "--porcelain", "--", "engine"], { encoding: "utf8" }).trim();
    return changed === "" ? commit : `${commit}-changed`;
  } catch {
    return "unknown";
  }
}

/** Writes `bench/results/<date>-<commit>-<name>.json`; returns its path. */
export function keepResults(name: string, results: unknown): string {
  const around = circumstances();
  const folder = join("bench", "results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${around.date.slice(0, 10)}-${around.commit}-${name}.json`);
  writeFileSync(path, `${JSON.stringify({ ...around, bench: name, results }, undefined, 2)}\n`);
  return path;
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const [index, row] of rows.entries()) {
    const line = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${line.join("  ")}\n`);
    if (index === 0) process.stdout.write(`${widths.map((width) => "-".repeat(width)).join("  ")}\n`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Thousands separated, no decimals. */
/** Of times in ms; NaN where there are none. */
export function latenciesOf(
  tookMs: ArrayLike<number>,
): Readonly<Record<"p50Ms" | "p95Ms" | "p99Ms" | "maxMs", number>> {
  const sorted = Float64Array.from(tookMs).sort();
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Processor time of the whole machine that was not idle, in seconds, since boot. */
export function busySeconds(): number {
  const fields = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  return fields.reduce((sum, ticks, index) => (index === 3 || index === 4 ? sum : sum + ticks), 0) / 100;
}
