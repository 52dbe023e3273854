/**
 * Installs the packages that package-lock.json names, when they are not there. What is installed is told from npm's own
 * record in node_modules, entry by entry, so a file's time (which a clone or a copy changes) decides nothing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withBuildLock } from "./build-lock.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export function isInstalled() {
  const record = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  let installed;
  try {
    installed = JSON.parse(readFileSync(record, "utf8")).packages;
  } catch {
    return false;
  }
  const wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional === true || installed[path]?.version === entry.version,
  );
}

/** @returns npm's exit code; 0 when there was nothing to do */
export function installWhenMissing() {
  if (isInstalled()) return Promise.resolve(0);
  return withBuildLock(
    join(ROOT, "dist"),
    () => {
      if (isInstalled()) return 0;
      process.stderr.write("Installing packages, about a minute the first time ...\n");
      return runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    },
    600_000,
  );
}

/** The npm that started us, else the one on the path. Its chatter is shown only when it fails. */
function runNpm(args) {
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const run = spawnSync(command, [...first, ...args], { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (run.status === 0) return 0;
  process.stderr.write(`${run.stdout ?? ""}${run.stderr ?? ""}${run.error ?? ""}\n`);
  process.stderr.write(
    "The packages could not be installed.\n  Remedy: see npm's words above; it needs its registry once.\n",
  );
  return run.status ?? 1;
}
