/** `vif recommend`: trains what products are recommended by, judges it, writes lists for campaigns, takes in products. */
import { extname, isAbsolute, resolve } from "node:path";
import type { ImportReport, JobAnswer, JobProgress, ListsFormat, RecommendJob } from "../recommend/port.ts";
import { recommendTopMax } from "../limits-of-recommending.ts";
import type { Command, ExitCode, Nearest } from "./command.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Asked } from "./engine-client.ts";
import { sayNo } from "./engine-client.ts";
import { renderJobAnswer } from "./recommend-text.ts";
import type { StatusLine, Terminal } from "./terminal.ts";
import { printable } from "./terminal.ts";

const HELP = `Trains what products are recommended by, and says how good it is.

Usage: vif recommend train [--json]
       vif recommend evaluate [--top N] [--json]
       vif recommend all --out FILE [--top N] [--json]
       vif recommend products FILE [--json]

  train      learns from the purchases, carts and views in history, and puts the model in place of the one before
  evaluate   learns from the older four fifths of all purchases and asks every model for the rest: Recall, NDCG,
             coverage and novelty, with intervals, beside what simply most people buy
  all        writes the best products for every customer, by the file's ending: .csv, .ndjson (.jsonl) or .parquet
  products   takes in a file of products: CSV, JSON, or Shopify's, packed with gzip or not; what is wrong is
             told with its line, and the rest is taken

Options:
  --top N    products of a list: 20 to evaluate, 10 for all
  --out FILE where the lists go
  --json     one JSON object in place of text
  --help     this text

A running engine does it beside its events; when none runs on the data folder, history is opened directly, and products
wait for an engine.

Examples:
  vif recommend train
  vif recommend evaluate --top 10
  vif recommend all --top 10 --out campaign.parquet
  vif recommend products products.csv

Exit codes: 0 done, 1 something was rejected or could not be had, 2 not understood.`;

/** What many lines have in common is seen by the first of them. */
const shownRejectedMax = 20;

const count = (value: number): string => value.toLocaleString("en");

const ACTIONS = ["train", "evaluate", "all", "products"] as const;

export interface RecommendSource {
  run(job: RecommendJob, show: (progress: JobProgress) => void): Promise<Asked<JobAnswer>>;
  importFile(path: string): Promise<Asked<ImportReport>>;
  readonly status: StatusLine;
}

/** @param source made when the command runs, for it reads settings */
export function createRecommendCommand(source: () => Promise<RecommendSource>, nearest: Nearest): Command {
  return {
    name: "recommend",
    summary: "train and judge what products are recommended by; lists for all; a catalogue",
    help: HELP,
    async run(args, terminal) {
      const { flags, values, words } = parseArguments(
        args,
        { flags: ["json"], values: ["top", "out"], words: ["train, evaluate, all or products"], moreWordsMax: 1 },
        nearest,
      );
      const [said = "", file] = words;
      const action = ACTIONS.find((each) => each === said);
      if (action === undefined) {
        const near = nearest(said, ACTIONS);
        throw new UsageError(
          `vif recommend does not know "${said}".${near === undefined ? "" : ` Did you mean "${near}"?`}`,
        );
      }
      if (action === "products") {
        if (file === undefined) throw new UsageError("FILE is missing.");
        return sayImport(await (await source()).importFile(resolve(file)), terminal, { json: flags.json, file });
      }
      if (file !== undefined) throw new UsageError(`There is nothing to do with "${file}".`);
      return runJob(jobOf(action, values), await source(), terminal, flags.json);
    },
  };
}

function jobOf(
  action: "train" | "evaluate" | "all",
  { top, out }: { readonly top?: string; readonly out?: string },
): RecommendJob {
  if (action !== "all" && out !== undefined) throw new UsageError("--out is for `all`.");
  if (action === "train") {
    if (top !== undefined) throw new UsageError("--top is for `evaluate` and `all`.");
    return { job: "train" };
  }
  const length = top === undefined ? (action === "evaluate" ? 20 : 10) : Number(top);
  if (!Number.isInteger(length) || length < 1 || length > recommendTopMax)
    throw new UsageError(`--top is a number from 1 to ${recommendTopMax}.`);
  if (action === "evaluate") return { job: "evaluate", top: length };
  if (out === undefined) throw new UsageError("--out FILE is missing.");
  return { job: "all", top: length, out: isAbsolute(out) ? out : resolve(out), format: formatOf(out) };
}

const FORMATS: Readonly<Record<string, ListsFormat>> = {
  ".csv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
};

/** @throws UsageError where the ending promises what is not written */
function formatOf(out: string): ListsFormat {
  const format = FORMATS[extname(out).toLowerCase()];
  if (format === undefined) throw new UsageError(`--out FILE ends in ${Object.keys(FORMATS).join(", ")}.`);
  return format;
}

async function runJob(
  job: RecommendJob,
  source: RecommendSource,
  terminal: Terminal,
  json: boolean,
): Promise<ExitCode> {
  const asked = await source.run(job, ({ step, done, all }) => {
    const part = all === 0 ? 1 : Math.min(1, done / all);
    const bar = "#".repeat(Math.round(part * 20)).padEnd(20, ".");
    source.status.show(`${step.padEnd(32)} [${bar}] ${Math.round(part * 100)} %`);
  });
  source.status.clear();
  if (asked.is === "no") {
    sayNo(terminal, asked);
    return 1;
  }
  terminal.out(json ? JSON.stringify(asked.answer, undefined, 2) : renderJobAnswer(asked.answer, terminal.outStyle));
  return 0;
}

function sayImport(
  asked: Asked<ImportReport>,
  terminal: Terminal,
  { json, file }: { readonly json: boolean; readonly file: string },
): ExitCode {
  if (asked.is === "no") {
    sayNo(terminal, asked);
    return 1;
  }
  const { taken, rejected, repeated, free, full } = asked.answer;
  if (json) terminal.out(JSON.stringify(asked.answer, undefined, 2));
  else {
    for (const { line, reason } of rejected.slice(0, shownRejectedMax))
      terminal.err(printable(`${file}:${line}: ${reason}`));
    const untold = rejected.length - shownRejectedMax;
    if (untold > 0) terminal.err(`and ${count(untold)} more; --json tells all.`);
    const some = (ids: readonly string[]): string => `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", ..." : ""}`;
    if (repeated.length > 0)
      terminal.err(
        printable(`Products that came more than once, of each of which the last was taken: ${some(repeated)}`),
      );
    if (free.length > 0)
      terminal.err(
        printable(
          `Products of a price of zero: ${some(free)}. They were taken; \`only: product.price > 0\` keeps them out.`,
        ),
      );
    if (full > 0) terminal.err(`The catalogue is full: ${count(full)} products were not taken.`);
    if (taken + rejected.length + full === 0)
      terminal.err(printable(`${file} has no products: the catalogue stays as it was.`));
    terminal.out(`${count(taken)} ${taken === 1 ? "product" : "products"} taken, ${count(rejected.length)} rejected.`);
  }
  return rejected.length + full > 0 || taken === 0 ? 1 : 0;
}
