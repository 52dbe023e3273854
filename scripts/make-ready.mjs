/** What every command does first: a fit machine, installed packages and a fresh dist/. Quiet when there is nothing to do. */
import { buildWhenStale } from "./build.mjs";
import { installWhenMissing } from "./install.mjs";
import { checkMachine, describeMachine, reportUnfit } from "./preflight.mjs";

/** @returns 0, or the exit code to end with; what is wrong has been said */
export async function makeInstalled() {
  if (reportUnfit(checkMachine(describeMachine()))) return 1;
  return installWhenMissing();
}

/** @returns 0, or the exit code to end with; what is wrong has been said */
export async function makeBuilt() {
  const code = await makeInstalled();
  if (code !== 0) return code;
  const complaints = await buildWhenStale();
  if (complaints === undefined) return 0;
  process.stderr.write(`${complaints}\nVif could not be built: the sources have type errors.\n`);
  return 1;
}
