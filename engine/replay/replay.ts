/**
 * A replay from its first row to its last: reads, sends, hears what became of each receipt, keeps what was rejected, and
 * remembers how far it has come. It can be stopped or killed at any moment; begun again, it reads the file from the start,
 * as receipts have the same numbers then, and sends those that were not settled.
 */
import { replayStateMs } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { Instant } from "../model/ids.ts";
import type { Effects } from "../model/receipt.ts";
import type { SourceMapping } from "../model/source-mapping.ts";
import type { GroupedReceipt } from "./group-receipts.ts";
import { type OpenText, TornFile } from "./open-text.ts";
import { type ReceiptCounts, readReceipts } from "./read-receipts.ts";
import { receiptFrame } from "./receipt-frame.ts";
import type { ReceiptOutcome, ReceiptSender, SenderOptions } from "./receipt-sender.ts";
import type { RejectedFile } from "./rejected-file.ts";
import type { ReplayState } from "./replay-state.ts";
import type { FileRow } from "./rows.ts";
import { createSettled } from "./settled.ts";
import { DAY_MS } from "../model/local-time.ts";

export interface ReplayOptions {
  readonly file: string;
  readonly text: OpenText;
  readonly mapping: SourceMapping;
  readonly mappingDigest: string;
  /** undefined: as fast as the engine takes them; else how many times as fast as it happened. */
  readonly speed: number | undefined;
  readonly effects: Effects;
  /** Told the time of the first receipt. */
  readonly shift: (first: Instant) => number;
  /** Of a replay that was broken off. */
  readonly resumed: ReplayState | undefined;
  readonly keep: (state: ReplayState) => void;
  readonly rejected: RejectedFile;
  readonly onColumns: (columns: readonly string[]) => void;
  readonly createSender: (events: Pick<SenderOptions, "onOutcome" | "onAway">) => ReceiptSender;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onProgress: (progress: ReplayProgress) => void;
  /** Stops sending when it is raised. */
  readonly signal: AbortSignal;
}

export interface ReplayProgress {
  readonly rows: number;
  /** Rows of receipts that are settled, and rows that were rejected. */
  readonly settledRows: number;
  readonly receipts: number;
  /** From 0 to 1: of the file, how much was read. */
  readonly read: number;
  /** Why nothing goes on at present. */
  readonly away: string | undefined;
}

export interface ReplayEnd {
  readonly is: "done" | "stopped" | "torn" | "ahead";
  /** Of `torn`: why. Of `ahead`: when the receipt would happen. */
  readonly reason: string | undefined;
  readonly rows: number;
  readonly rejectedRows: number;
  readonly receipts: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly refused: number;
  readonly flags: ReadonlyMap<string, number>;
  /** Receipts that were settled when this run began. */
  readonly before: number;
  readonly state: ReplayState;
}

/** How far ahead of the clock a receipt may be: what the receipts' interface takes for a clock that is a little off. */
const aheadMsMax = 1_000;
/** Further ahead than a till's clock goes wrong, nor a zone: a time as the file has it is a mistake then. */
const mistakenAheadMs = DAY_MS;

export async function replay(options: ReplayOptions): Promise<ReplayEnd> {
  const { clock, mapping, rejected, resumed, signal, timers } = options;
  const counts: ReceiptCounts = { rows: 0, rejected: 0 };
  const settled = createSettled(resumed?.below ?? 0, resumed?.beyond ?? []);
  const tally = {
    accepted: resumed?.accepted ?? 0,
    repeated: resumed?.repeated ?? 0,
    refused: resumed?.refused ?? 0,
    refusedRows: resumed?.refusedRows ?? 0,
    settledRows: 0,
    flags: new Map(Object.entries(resumed?.flags ?? {})),
  };
  const before = tally.accepted + tally.repeated + tally.refused;
  /** What was rejected before this run is in the file already. */
  let rejectedBefore = resumed?.rejectedRows ?? 0;
  /** Of each receipt the rows that it was made of: nothing else of it is needed again. */
  const underWay = new Map<number, readonly FileRow[]>();
  let shiftMs = resumed?.shiftMs;
  let number = 0;
  let away: string | undefined;
  let stop: Pick<ReplayEnd, "is" | "reason"> | undefined;

  const state = (done: boolean): ReplayState => ({
    version: 1,
    file: options.file,
    bytes: options.text.bytes,
    modifiedMs: options.text.modifiedMs,
    mapping: options.mappingDigest,
    source: mapping.name,
    shiftMs: shiftMs ?? 0,
    below: settled.below,
    beyond: settled.beyond(),
    rejectedRows: Math.max(counts.rejected, resumed?.rejectedRows ?? 0),
    rejectedBytes: rejected.bytes,
    rows: Math.max(counts.rows, resumed?.rows ?? 0),
    refusedRows: tally.refusedRows,
    accepted: tally.accepted,
    repeated: tally.repeated,
    refused: tally.refused,
    flags: Object.fromEntries(tally.flags),
    done,
  });

  function onOutcome(of: number, outcome: ReceiptOutcome): void {
    const rows = underWay.get(of);
    if (rows === undefined) return;
    underWay.delete(of);
    settled.add(of);
    tally.settledRows += rows.length;
    tally[outcome.is]++;
    if (outcome.is !== "refused") {
      for (const flag of outcome.flags) tally.flags.set(flag, (tally.flags.get(flag) ?? 0) + 1);
      return;
    }
    refuseRows(rows, outcome.reason);
  }

  function refuseRows(rows: readonly FileRow[], why: string): void {
    tally.refusedRows += rows.length;
    const reason = `the receipt is refused: ${why}`;
    rejected.add(rows.map((row) => ({ row, reason, isWhole: true })));
  }

  function refuseMistaken(mine: number, { rows, lines }: GroupedReceipt, at: Instant): void {
    settled.add(mine);
    tally.settledRows += lines.length;
    tally.refused++;
    refuseRows(rows, `${new Date(at).toISOString()} is still to come`);
  }

  const sender = options.createSender({ onOutcome, onAway: (reason) => void (away = reason) });
  signal.addEventListener("abort", () => sender.stop(), { once: true });
  let keptAt = clock.monotonicMs();
  let startAt: { readonly wall: number; readonly event: Instant } | undefined;

  function tell(): void {
    const now = clock.monotonicMs();
    const { rows, rejected: none } = counts;
    const settledRows = tally.settledRows + none;
    const read = options.text.bytes === 0 ? 1 : options.text.read() / options.text.bytes;
    options.onProgress({ rows, settledRows, receipts: number, read, away });
    if (now - keptAt < replayStateMs) return;
    keptAt = now;
    options.keep(state(false));
  }
  const cancelTelling = repeat(timers, tell);

  /** Waits for the receipt's moment; false when the replay was stopped meanwhile. */
  async function pace(at: Instant): Promise<boolean> {
    const { speed } = options;
    if (speed === undefined) return !signal.aborted;
    startAt ??= { wall: clock.monotonicMs(), event: at };
    const due = startAt.wall + (at - startAt.event) / speed;
    while (!signal.aborted && clock.monotonicMs() < due) {
      const waitMs = Math.min(due - clock.monotonicMs(), stepMsMax);
      await new Promise<void>((resolve) => void timers.after(waitMs, resolve));
    }
    return !signal.aborted;
  }

  async function send(receipt: GroupedReceipt): Promise<void> {
    const mine = number++;
    shiftMs ??= options.shift(receipt.head.at);
    if (settled.has(mine)) {
      tally.settledRows += receipt.lines.length;
      return;
    }
    const at = receipt.head.at + shiftMs;
    if (shiftMs === 0 && at > clock.now() + mistakenAheadMs) return refuseMistaken(mine, receipt, at);
    if (!(await pace(receipt.head.at))) return void (stop = { is: "stopped", reason: undefined });
    if (at > clock.now() + aheadMsMax) return void (stop = { is: "ahead", reason: new Date(at).toISOString() });
    await sender.room();
    if (signal.aborted) return void (stop = { is: "stopped", reason: undefined });
    const { head, lines, rows } = receipt;
    underWay.set(mine, rows);
    const frame = receiptFrame(receipt, { requestId: String(mine), shiftMs, effects: options.effects });
    sender.send({ number: mine, customer: head.customer, frame, lines: lines.length });
  }

  const reading = {
    counts,
    onColumns: options.onColumns,
    onRejected(row: Parameters<RejectedFile["add"]>[0][number]) {
      if (rejectedBefore > 0) rejectedBefore--;
      else rejected.add([row]);
    },
  };
  try {
    for await (const receipts of readReceipts(options.text, mapping, reading)) {
      for (const receipt of receipts) {
        if (stop === undefined) await send(receipt);
        if (signal.aborted) stop ??= { is: "stopped", reason: undefined };
        if (stop !== undefined) break;
      }
      if (stop !== undefined) break;
    }
  } catch (error) {
    if (!(error instanceof TornFile)) {
      sender.close();
      cancelTelling();
      throw error;
    }
    stop = { is: "torn", reason: error.message };
  }
  try {
    // What is under way is heard out, so that it need not be sent again; a second stop does not wait.
    await Promise.race([sender.idle(), aborted(signal, timers)]);
  } finally {
    cancelTelling();
    sender.close();
    options.keep(state(stop === undefined && underWay.size === 0));
    rejected.close();
  }
  tell();
  return {
    is: stop?.is ?? (underWay.size === 0 ? "done" : "stopped"),
    reason: stop?.reason,
    rows: counts.rows,
    rejectedRows: counts.rejected + tally.refusedRows,
    receipts: number,
    accepted: tally.accepted,
    repeated: tally.repeated,
    refused: tally.refused,
    flags: tally.flags,
    before,
    state: state(stop === undefined && underWay.size === 0),
  };
}

/** Longest wait in one piece, so that a stop is heard. */
const stepMsMax = 200;
const tellMs = 100;
/** How long a stopped replay waits for answers to what it has sent. */
const hearOutMsMax = 2_000;

function repeat(timers: Timers, task: () => void): () => void {
  let cancel: () => void;
  const again = (): void => {
    task();
    cancel = timers.after(tellMs, again);
  };
  cancel = timers.after(tellMs, again);
  return () => cancel();
}

function aborted(signal: AbortSignal, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => void timers.after(hearOutMsMax, resolve);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
