/** How a replay stands, on one line of a terminal. Pure; who prints it moves the cursor. */
import type { ReplayProgress } from "./replay.ts";

type Paint = (text: string) => string;

export interface ProgressLine extends ReplayProgress {
  /** Settled rows a second, of late. */
  readonly rate: number;
  readonly columns: number;
}

/** `[########........]  48 %  260,112 lines  43,100/s  6 s left` */
export function renderProgress(
  { settledRows, rows, read, rate, away, columns }: ProgressLine,
  paint: { readonly full: Paint; readonly rest: Paint },
): string {
  // Of a file that is not read to its end, the number of rows is reckoned from the bytes.
  const all = read > 0 ? rows / read : 0;
  const part = all > 0 ? Math.min(1, settledRows / all) : 0;
  const figures = [`${String(Math.floor(part * 100)).padStart(3)} %`, `${NUMBERS.format(settledRows)} lines`];
  if (away === undefined) {
    figures.push(`${NUMBERS.format(Math.round(rate))}/s`);
    if (rate > 0 && part < 1) figures.push(`${duration((all - settledRows) / rate)} left`);
  } else figures.push(`waiting: ${away}`);
  const text = `  ${figures.join("  ")}`;
  const width = Math.min(40, columns - text.length - 3);
  if (width < 5) return text.trimStart().slice(0, Math.max(0, columns - 1));
  const full = Math.round(part * width);
  return `[${paint.full("#".repeat(full))}${paint.rest(".".repeat(width - full))}]${text}`;
}

const NUMBERS = new Intl.NumberFormat("en-US");

/** `8 s`, `3 min 20 s`, `2 h 05 min` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${String(Math.floor((whole % 3_600) / 60)).padStart(2, "0")} min`;
}
