/**
 * `vif replay`: joins the replay room with the running engine (found by its control file), the brand's keys and sources, the
 * clock and the terminal. What a person reads of it is in replay-text.ts.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import type { Key, ParsedConfig } from "../config.ts";
import { readControlFile } from "../control/control-file.ts";
import { createClock, createTimers } from "../create-clock.ts";
import { RECEIPT_FLAGS } from "../gateway/receipt-schemas.ts";
import { checkSource, renderProblems } from "../language/port.ts";
import { replayAwayMsMax } from "../limits.ts";
import { SetupError } from "../model/errors.ts";
import type { SourceMapping } from "../model/source-mapping.ts";
import { createStreamSocket } from "../replay/create-stream-socket.ts";
import {
  createReceiptSender,
  createRejectedFile,
  openText,
  readReplayState,
  replay,
  replayStateFile,
  SenderRefused,
  writeReplayState,
} from "../replay/port.ts";
import type { OpenText, ReplayEnd, ReplayState } from "../replay/port.ts";
import { type ExitCode, type Nearest, UsageError } from "./command.ts";
import { parseReplayArguments, type ReplayArguments, type Shift } from "./replay-arguments.ts";
import { createProgressShow, renderReplayDone, renderReplayEnd } from "./replay-text.ts";
import { createStyle, printable, type StatusLine, type Terminal } from "./terminal.ts";
import { DAY_MS } from "../model/local-time.ts";

export interface ReplayCommandOptions {
  readonly config: ParsedConfig;
  readonly nearest: Nearest;
  readonly status: StatusLine;
}

/** @throws UsageError, SetupError */
export async function runReplayCommand(
  args: readonly string[],
  terminal: Terminal,
  { config, nearest, status }: ReplayCommandOptions,
): Promise<ExitCode> {
  const wanted = parseReplayArguments(args, nearest, createClock().now());
  return runReplay(wanted, config, { terminal, status, nearest });
}

interface Surroundings {
  readonly terminal: Terminal;
  readonly status: StatusLine;
  readonly nearest: Nearest;
}

/** A mapping that is wrong, for this file or at all; what is wrong has been printed. */
class WrongSource extends Error {
  readonly code = "wrong_source";
}

async function runReplay(
  wanted: ReplayArguments,
  config: ParsedConfig,
  { terminal, status, nearest }: Surroundings,
): Promise<ExitCode> {
  const source = readSource(wanted.map, config.rulesDir, nearest);
  const mapping = checked(source, undefined, terminal);
  if (mapping === undefined) return 1;
  const key = keyOf(wanted.key, config.keys);
  const text = await openFile(wanted.file);
  const file = realpathSync(wanted.file);
  const stateFile = replayStateFile(config.dataDir, file, mapping.name);
  const mappingDigest = createHash("sha256").update(JSON.stringify(mapping)).digest("hex").slice(0, 16);
  const former = wanted.again ? undefined : readReplayState(stateFile);
  const resumed = former !== undefined && isOf(former, text, mappingDigest) ? former : undefined;
  if (resumed?.done === true) {
    tellDone(resumed, wanted, terminal);
    return 0;
  }
  if (former !== undefined && resumed === undefined)
    terminal.err(
      "The file or its source has changed since it was replayed: it is read from the start. No receipt counts twice.",
    );
  if (resumed !== undefined) checkShift(resumed, wanted.shift);
  if (readControlFile(config.dataDir)?.gateway === undefined) {
    throw new SetupError(
      `No engine runs on ${config.dataDir}.`,
      "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
    );
  }

  const clock = createClock();
  const timers = createTimers();
  const stop = stopSignal();
  const columns: { names: readonly string[] } = { names: [] };
  const rejected = createRejectedFile({
    path: `${file}.rejected`,
    elsewhere: join(config.dataDir, "replay", `${basename(file)}.rejected`),
    form: mapping,
    columns: () => columns.names,
    keepBytes: resumed?.rejectedBytes ?? 0,
  });
  const progress = createProgressShow({ status, style: terminal.errStyle, clock });
  const started = clock.monotonicMs();
  let awaySince: number | undefined;
  try {
    const end = await replay({
      file,
      text,
      mapping,
      mappingDigest,
      speed: wanted.speed,
      effects: wanted.effects,
      shift: (first) => shiftMsOf(wanted.shift, first),
      resumed,
      keep: (state) => writeReplayState(stateFile, state),
      rejected,
      onColumns(names) {
        columns.names = names;
        if (checked(source, names, terminal) === undefined) throw new WrongSource();
      },
      createSender: (events) =>
        createReceiptSender({
          ...events,
          timers,
          onAway(reason) {
            awaySince = reason === undefined ? undefined : (awaySince ?? clock.monotonicMs());
            events.onAway(reason);
          },
          connect: (on) =>
            createStreamSocket(
              {
                find: () => readControlFile(config.dataDir)?.gateway,
                till: key.name,
                key: key.key,
                clock,
              },
              on,
            ),
        }),
      clock,
      timers,
      onProgress(told) {
        progress(told);
        if (awaySince !== undefined && clock.monotonicMs() - awaySince > replayAwayMsMax) stop.raise();
      },
      signal: stop.signal,
    });
    status.clear();
    return tell(end, {
      wanted,
      rejectedPath: rejected.path,
      seconds: (clock.monotonicMs() - started) / 1_000,
      terminal,
    });
  } catch (error) {
    status.clear();
    if (error instanceof WrongSource) return 1;
    if (error instanceof SenderRefused || isUnreadable(error)) {
      terminal.err(terminal.errStyle.red(printable((error as Error).message)));
      return 1;
    }
    throw error;
  } finally {
    stop.close();
  }
}

function tell(
  end: ReplayEnd,
  told: {
    readonly wanted: ReplayArguments;
    readonly rejectedPath: string;
    readonly seconds: number;
    readonly terminal: Terminal;
  },
): ExitCode {
  const { terminal, wanted, rejectedPath, seconds } = told;
  const { flags, state, ...rest } = end;
  if (wanted.json) {
    const rejectedFile = end.rejectedRows > 0 ? rejectedPath : undefined;
    terminal.out(
      JSON.stringify(
        { ...rest, flags: Object.fromEntries(flags), shiftMs: state.shiftMs, rejectedFile, seconds },
        undefined,
        2,
      ),
    );
  } else terminal.out(renderReplayEnd(end, { rejectedPath, seconds, style: terminal.outStyle, meaningOf }));
  return end.is === "done" ? 0 : 1;
}

function meaningOf(flag: string): string {
  return (RECEIPT_FLAGS as Readonly<Record<string, string>>)[flag] ?? "";
}

/** Of a replay that is begun again once it was done: as of one that goes on, sums are of all runs, `before` of former ones. */
function tellDone(state: ReplayState, { json }: ReplayArguments, { out }: Terminal): void {
  const { rows, rejectedRows, refusedRows, accepted, repeated, refused, flags, shiftMs } = state;
  const receipts = accepted + repeated + refused;
  const sums = {
    rows,
    rejectedRows: rejectedRows + refusedRows,
    receipts,
    accepted,
    repeated,
    refused,
    before: receipts,
    flags,
    shiftMs,
  };
  out(
    json ? JSON.stringify({ is: "done", already: true, ...sums, seconds: 0 }, undefined, 2) : renderReplayDone(state),
  );
}

/** Told by their codes: they are the replay room's own, and their texts are for people. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["unreadable_rows", "too_many_rows"].includes(String(error.code));
}

interface SourceText {
  /** Before the path of each problem. */
  readonly prefix: string;
  readonly path: string;
  readonly text: string;
}

/** @throws UsageError with the sources that there are */
function readSource(map: string, rulesDir: string, nearest: Nearest): SourceText {
  const isPath = /\.ya?ml$/.test(map);
  const path = isPath ? map : join(rulesDir, "sources", `${map}.yaml`);
  if (!existsSync(path)) throw new UsageError(noSource(map, isPath ? [] : sourcesIn(rulesDir), nearest));
  const prefix = path.slice(0, -basename(path).length);
  return { prefix, path: basename(path), text: readFileSync(path, "utf8") };
}

function noSource(map: string, names: readonly string[], nearest: Nearest): string {
  const near = nearest(map, names);
  const there = names.length === 0 ? "" : ` There are: ${names.join(", ")}.`;
  return near === undefined
    ? `There is no source "${map}".${there}`
    : `There is no source "${map}". Did you mean "${near}"?`;
}

function sourcesIn(rulesDir: string): readonly string[] {
  const folder = join(rulesDir, "sources");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => (/\.ya?ml$/.test(name) ? [name.replace(/\.ya?ml$/, "")] : []));
}

/** The mapping, or undefined when it is wrong, which is printed. */
function checked(
  source: SourceText,
  columns: readonly string[] | undefined,
  terminal: Terminal,
): SourceMapping | undefined {
  const { mapping, problems } = checkSource({ path: source.path, text: source.text }, columns);
  if (mapping !== undefined) return mapping;
  const { red } = terminal.errStyle;
  const colour = red("x") !== createStyle(false).red("x");
  terminal.err(renderProblems(problems, { colour, pathPrefix: source.prefix }));
  terminal.err(
    red(
      columns === undefined
        ? "The source is wrong: nothing was replayed."
        : "The source does not fit the file: nothing was replayed.",
    ),
  );
  return undefined;
}

/** @throws SetupError */
function keyOf(name: string | undefined, keys: readonly Key[]): Key {
  const tills = keys.filter(({ kind }) => kind === "till");
  const names = tills.map((key) => key.name).join(", ");
  const [only, second] = tills;
  if (name !== undefined) {
    const named = tills.find((key) => key.name === name);
    if (named !== undefined) return named;
    throw new SetupError(`There is no till's key "${name}".`, names === "" ? NO_TILL : `There are: ${names}.`);
  }
  if (only === undefined) throw new SetupError("Receipts come in by a till's key, and no key is a till's.", NO_TILL);
  if (second === undefined) return only;
  throw new SetupError(
    "Several keys are tills': receipts are known by key, store, till and number.",
    `Name one with --key: ${names}.`,
  );
}

const NO_TILL = "Add one to `keys` in vif.yaml: { name: archive, key: ..., kind: till }.";

/** @throws SetupError */
async function openFile(path: string): Promise<OpenText> {
  try {
    return await openText(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    const what = code === "ENOENT" ? "is not there" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
    throw new SetupError(`${path} ${what}.`, "Name a CSV file or a file of JSON lines, packed with gzip or not.", {
      cause: error,
    });
  }
}

function isOf(state: ReplayState, text: OpenText, mappingDigest: string): boolean {
  return state.bytes === text.bytes && state.modifiedMs === text.modifiedMs && state.mapping === mappingDigest;
}

function shiftMsOf(shift: Shift, first: number): number {
  switch (shift.is) {
    case "none":
      return 0;
    case "by":
      return shift.ms;
    case "to":
      return shift.at - first;
  }
}

/** Receipts of one file must not be shifted in two ways: the second would be another receipt under the same number. */
function checkShift(resumed: ReplayState, shift: Shift): void {
  const isSame = shift.is === "to" || resumed.shiftMs === shiftMsOf(shift, 0);
  if (isSame) return;
  const days = resumed.shiftMs / DAY_MS;
  throw new UsageError(
    `This replay was begun with times shifted by ${resumed.shiftMs === 0 ? "nothing" : `${days.toFixed(1)} days`}, and goes on so: leave --shift as it was.`,
  );
}

/** Ctrl-C and SIGTERM stop the replay, which writes down how far it has come; a second one ends the process at once. */
function stopSignal(): { readonly signal: AbortSignal; raise(): void; close(): void } {
  const controller = new AbortController();
  const raise = (): void => {
    close();
    controller.abort();
  };
  const close = (): void => {
    process.off("SIGINT", raise);
    process.off("SIGTERM", raise);
  };
  process.on("SIGINT", raise);
  process.on("SIGTERM", raise);
  return { signal: controller.signal, raise, close };
}
