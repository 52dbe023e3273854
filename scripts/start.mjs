/** `npm start`: makes ready what is missing, sees that the engine can start, and becomes the engine. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { makeBuilt } from "./make-ready.mjs";
import { checkPlace, reportUnfit } from "./preflight.mjs";
import { runNode } from "./run-node.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAIN = join(ROOT, "dist", "start", "main.js");

/** @returns whether the engine would start; what is wrong has been said */
async function isFit() {
  const { readClientConfig } = await import(pathToFileURL(join(ROOT, "dist", "engine", "config.js")));
  try {
    return !reportUnfit(await checkPlace(readClientConfig()));
  } catch (error) {
    if (error.code !== "setup") throw error;
    reportUnfit([{ problem: error.message, remedy: error.remedy }]);
    return false;
  }
}

const args = process.argv.slice(2);
const code = await makeBuilt();
if (code !== 0) process.exit(code);
if (!existsSync(MAIN)) {
  process.stderr.write(`${MAIN} has not been built.\n`);
  process.exit(1);
}
const onlyAsked = args.includes("--help") || args.includes("--version");
if (onlyAsked || (await isFit())) runNode([MAIN, ...args]);
else process.exitCode = 1;
