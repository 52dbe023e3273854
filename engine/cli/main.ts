#!/usr/bin/env node
/**
 * The `vif` command: joins the commands with the parts of the engine that they need. Each part is loaded only by the
 * command that wants it, so that `vif --help` answers at once.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { HistorySetting } from "../config-stores.ts";
import { nearestName } from "../model/nearest-name.ts";
import { createBackupCommands } from "./backup-commands.ts";
import type { Command } from "./command.ts";
import type { EngineClient } from "./engine-client.ts";
import { createDoctorCommand } from "./doctor-command.ts";
import { createEditorCommand } from "./editor-command.ts";
import { createEventsCommand } from "./events-command.ts";
import { createExplainCommand } from "./explain-command.ts";
import { createPeopleCommand } from "./people-command.ts";
import { createPreviewCommand } from "./preview-command.ts";
import { createProfileCommand } from "./profile-command.ts";
import { createRebuildCommand } from "./rebuild-command.ts";
import { createNightCommand } from "./night-command.ts";
import type { NightSource } from "./follow-night.ts";
import { createNightStepCommand } from "./night-step-command.ts";
import type { NightStepSource } from "./night-step-command.ts";
import { RETAIN } from "./retain-command.ts";
import { RFM } from "./rfm-command.ts";
import { createNightsCommand } from "./nights-command.ts";
import { createReconcileCommand } from "./reconcile-command.ts";
import { createReportCommand } from "./report-command.ts";
import type { FoundReport, NoReport, ReportSource } from "./report-source.ts";
import { createRecommendCommand } from "./recommend-command.ts";
import { type CommandGroup, runVif } from "./run-vif.ts";
import { REPLAY_HELP } from "./replay-arguments.ts";
import { createPreferencesCommand } from "./preferences-command.ts";
import { createSegmentsCommand } from "./segments-command.ts";
import type { SegmentsSource } from "./segments-command.ts";
import { createUpliftCommand } from "./uplift-command.ts";
import type { UpliftSource } from "./uplift-command.ts";
import { createOutboxCommand } from "./outbox-command.ts";
import { createSteeringCommands } from "./steering-commands.ts";
import { createTestCommand } from "./test-command.ts";
import { createStatusLine, createTerminal } from "./terminal.ts";
import { createTryCommand } from "./try-command.ts";
import type { TrySource } from "./try-command.ts";
import { createWhyCommand } from "./why-command.ts";

/** dist/engine/cli/main.js; three folders up is where the package is. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

async function createClient(): Promise<EngineClient> {
  const { readClientConfig } = await import("../config.ts");
  const { readControlFile } = await import("../control/control-file.ts");
  const { createEngineClient } = await import("./engine-client.ts");
  const { dataDir } = readClientConfig();
  return createEngineClient(readControlFile(dataDir), dataDir);
}

/** Ctrl-C ends what goes on until then, and is no mistake. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

async function createNightSource(): Promise<NightSource> {
  return { client: await createClient(), status: createStatusLine(process.stderr), signal: interrupted() };
}

async function createNightStepSource(): Promise<NightStepSource> {
  return { client: await createClient(), signal: interrupted() };
}

async function createReportSource(): Promise<ReportSource> {
  const { readClientConfig } = await import("../config.ts");
  const { readControlFile } = await import("../control/control-file.ts");
  const { dataDir, history: setting } = readClientConfig();
  return { control: readControlFile(dataDir), readHistory: () => readHistory(setting, dataDir) };
}

async function readHistory(setting: HistorySetting, dataDir: string): Promise<Omit<FoundReport, "status"> | NoReport> {
  const { createHistory, historySettingsOf } = await import("../history/create-history.ts");
  const { reportOf } = await import("../control/report-of.ts");
  const settings = historySettingsOf(setting, dataDir);
  if (settings.kind === "embedded" && !existsSync(settings.file)) {
    return {
      problem: `There is no history in ${dataDir}, and no engine runs on it.`,
      remedy: "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
    };
  }
  const history = await createHistory(settings);
  try {
    const report = reportOf(await history.totals());
    const place = settings.kind === "embedded" ? settings.file : "PostgreSQL";
    return { report, source: `read from ${place}; no engine runs on ${dataDir}` };
  } finally {
    await history.close();
  }
}

/** For when no engine runs: history and rules as they lie there. */
async function createSegmentsSource(): Promise<SegmentsSource> {
  const { readClientConfig } = await import("../config.ts");
  const { dataDir, history, rulesDir } = readClientConfig();
  return {
    client: await createClient(),
    now: () => Date.now(),
    async read(at) {
      const { readSegments } = await import("./create-segments.ts");
      return readSegments({ dataDir, history, rulesDir }, at);
    },
  };
}

async function createUpliftSource(): Promise<UpliftSource> {
  const { readClientConfig } = await import("../config.ts");
  const { dataDir, history } = readClientConfig();
  const { UPLIFT } = await import("../backtest/port.ts");
  return {
    client: await createClient(),
    usual: UPLIFT,
    async read(asked) {
      const { readUplift } = await import("./create-uplift.ts");
      return readUplift({ dataDir, history }, { ...asked, at: Date.now() });
    },
  };
}

async function createTrySource(): Promise<TrySource> {
  const { readClientConfig } = await import("../config.ts");
  const { dataDir, history, rulesDir } = readClientConfig();
  return {
    client: await createClient(),
    now: () => Date.now(),
    status: createStatusLine(process.stderr),
    signal: interrupted(),
    async readFolder(folder) {
      const { readTriedFolder } = await import("./create-try.ts");
      return readTriedFolder(folder);
    },
    async tryAlone(request, show) {
      const { tryAlone } = await import("./create-try.ts");
      return tryAlone({ dataDir, history, rulesDir }, request, show);
    },
  };
}

const start: Command = {
  name: "start",
  summary: "start the engine; Ctrl-C stops it",
  help: `Starts the engine and prints where things are. Ctrl-C, or SIGTERM, stops it cleanly.

Usage: vif start

Settings come from the environment or vif.yaml; vif start --settings lists them all.

Examples:
  vif start
  VIF_PORT=9000 VIF_DATA_DIR=/var/lib/vif vif start

Exit codes: 0 stopped, 1 could not start, 2 not understood.`,
  async run(args, terminal) {
    const { parseFlags } = await import("./command.ts");
    const { settings } = parseFlags(args, ["settings"], nearestName);
    if (settings) {
      const { renderSettingsHelp } = await import("../settings.ts");
      terminal.out(renderSettingsHelp());
      return 0;
    }
    // The engine is a program of its own: it reads what stands after its name, and ends with an exit code.
    process.argv.splice(2);
    const { ended } = await import("../main.ts");
    return (await ended) === 0 ? 0 : 1;
  },
};

const check: Command = {
  name: "check",
  summary: "check the rule files, and say what is wrong where",
  help: `Checks the brand's rule files as a whole, without starting anything.

Usage: vif check [folder] [--json]

The folder is VIF_RULES (./rules by default) when none is named.

Examples:
  vif check
  vif check ./rules --json

Exit codes: 0 all is well, 1 something is wrong, 2 not understood.`,
  async run(args, terminal) {
    const { runCheck } = await import("./check.ts");
    const { readClientConfig } = await import("../config.ts");
    return runCheck(args, terminal, nearPath(readClientConfig().rulesDir));
  },
};

/** As a person would name it, who is in this folder. */
function nearPath(folder: string): string {
  const near = relative(process.cwd(), folder);
  return near === "" || near.startsWith("..") ? folder : near;
}

function readVersion(): string {
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

const replay: Command = {
  name: "replay",
  summary: "bring a file of past receipts in",
  help: REPLAY_HELP,
  async run(args, terminal) {
    const { runReplayCommand } = await import("./create-replay-command.ts");
    const { readClientConfig } = await import("../config.ts");
    const status = createStatusLine(process.stderr);
    return runReplayCommand(args, terminal, { config: readClientConfig(), nearest: nearestName, status });
  },
};

const groups: readonly CommandGroup[] = [
  {
    title: "The engine",
    commands: [
      start,
      createDoctorCommand(async () => (await import("./create-doctor.ts")).examine(ROOT), nearestName),
      ...createSteeringCommands(createClient, nearestName),
    ],
  },
  {
    title: "Rules",
    commands: [
      check,
      createExplainCommand(
        async () => nearPath((await import("../config.ts")).readClientConfig().rulesDir),
        nearestName,
      ),
      createPreviewCommand({
        client: createClient,
        rulesDir: async () => nearPath((await import("../config.ts")).readClientConfig().rulesDir),
        now: () => Date.now(),
        open: async (name, html) => (await import("./create-preview.ts")).openPreview(name, html),
        send: async (message) => (await import("./create-test-send.ts")).sendTest(message),
        nearest: nearestName,
      }),
      createTestCommand(async () => (await import("../config.ts")).readClientConfig().rulesDir, nearestName),
      createTryCommand(createTrySource, nearestName),
      createEditorCommand(async () => {
        const { readClientConfig } = await import("../config.ts");
        return { folder: process.cwd(), rules: nearPath(readClientConfig().rulesDir) };
      }, nearestName),
    ],
  },
  {
    title: "People and what happens",
    commands: [
      createPeopleCommand(createClient, nearestName),
      createProfileCommand(createClient, nearestName),
      createWhyCommand(createClient, nearestName),
      createEventsCommand({ client: createClient, nearest: nearestName, interrupted }),
      createSegmentsCommand(createSegmentsSource, nearestName),
      createReportCommand(createReportSource, nearestName),
    ],
  },
  {
    title: "Messages and products",
    commands: [
      createOutboxCommand(createClient, nearestName),
      createPreferencesCommand(createClient, nearestName),
      createUpliftCommand(createUpliftSource, nearestName),
      createRecommendCommand(
        async () => (await import("./create-recommend.ts")).createRecommendSource(interrupted()),
        nearestName,
      ),
    ],
  },
  {
    title: "Past and nights",
    commands: [
      replay,
      createNightsCommand(createClient, nearestName),
      createNightCommand(createNightSource, nearestName),
      createReconcileCommand(createNightSource, nearestName),
      createNightStepCommand(RETAIN, createNightStepSource, nearestName),
      createNightStepCommand(RFM, createNightStepSource, nearestName),
      createRebuildCommand(
        async () => ({
          status: createStatusLine(process.stderr),
          async rebuild(onProgress) {
            const { rebuildHere } = await import("./create-rebuild.ts");
            const { readClientConfig } = await import("../config.ts");
            return rebuildHere(readClientConfig(), onProgress);
          },
        }),
        nearestName,
      ),
      ...createBackupCommands(
        {
          client: createClient,
          signal: interrupted,
          status: () => createStatusLine(process.stderr),
          async restore(folder, onProgress) {
            const { restoreHere } = await import("./create-rebuild.ts");
            const { readClientConfig } = await import("../config.ts");
            return restoreHere(readClientConfig(), folder, onProgress);
          },
        },
        nearestName,
      ),
    ],
  },
];
const terminal = createTerminal(process.stdout, process.stderr);
process.exitCode = await runVif(
  process.argv.slice(2),
  { version: readVersion(), groups, nearest: nearestName },
  terminal,
);
