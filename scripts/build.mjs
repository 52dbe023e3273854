/**
 * Makes dist/ from the sources: `tsc` for the code, then a copy of every other file that the engine reads beside its
 * modules (Lua, SQL, generated JSON), then the bundles that an engine starts from (bundle.mjs). dist/ mirrors the tree:
 * engine/main.ts becomes dist/engine/main.js. A stamp with the sources' sizes and times tells whether a build is needed,
 * and whether the last one had type errors.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPages } from "./build-pages.mjs";
import { withBuildLock } from "./build-lock.mjs";
import { bundleEngine, stopBundler } from "./bundle.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, "dist");
const STAMP = join(DIST, ".built");
const FOLDERS = ["engine", "channels", "bench", "tests"];
/** What browsers are served: build-pages.mjs makes it. */
const PAGES = ["sdk", "shop"];
const COPIED = new Set([".lua", ".sql", ".json", ".html", ".css", ".mjs", ".svg", ".png"]);
const NOT_COPIED = ["bench/results"];

/** @returns paths of all files under `folder`, relative to the root */
function filesUnder(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !NOT_COPIED.some((skipped) => path.startsWith(skipped)));
}

/** What a build depends on, as one text: V8, and paths, sizes and times. A removed file counts as a change. */
function sourceState() {
  const own = [
    "tsconfig.json",
    "package.json",
    "scripts/build.mjs",
    "scripts/bundle.mjs",
    "scripts/run-bundle.cjs",
    "scripts/build-pages.mjs",
  ];
  const sources = [...FOLDERS, ...PAGES]
    .flatMap(filesUnder)
    .filter((path) => path.endsWith(".ts") || COPIED.has(extname(path)));
  const lines = [...own, ...sources].sort().map((path) => {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    return stat === undefined ? path : `${path} ${stat.size} ${stat.mtimeMs}`;
  });
  return [`Node ${process.version}`, ...lines].join("\n");
}

const WITH_ERRORS = "built in spite of type errors\n";

function isBuilt(tolerant) {
  if (!existsSync(STAMP)) return false;
  const stamp = readFileSync(STAMP, "utf8");
  const state = sourceState();
  return stamp === state || (tolerant && stamp === WITH_ERRORS + state);
}

/**
 * Brings dist/ up to date, or does nothing when it is. `tolerant` writes what can be written in spite of type errors
 * (a test run shows them elsewhere).
 * @returns undefined when all is well, else the compiler's complaints
 */
export function buildWhenStale({ tolerant = false } = {}) {
  if (isBuilt(tolerant)) return Promise.resolve(undefined);
  return withBuildLock(DIST, () => (isBuilt(tolerant) ? undefined : build()));
}

async function build() {
  const state = sourceState();
  if (!existsSync(STAMP)) process.stderr.write("Building ...\n");
  rmSync(STAMP, { force: true });
  // The increments of a build are its own: a type check that writes nothing keeps them elsewhere.
  const increments = join(DIST, ".increments.json");
  if (!existsSync(join(DIST, "engine"))) rmSync(increments, { force: true });
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", ".", "--tsBuildInfoFile", increments], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (run.error) return String(run.error);
  removeOrphans();
  for (const path of FOLDERS.flatMap(filesUnder)) {
    if (!COPIED.has(extname(path))) continue;
    mkdirSync(dirname(join(DIST, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(DIST, path));
  }
  const unbundled = await bundleEngine(ROOT, filesUnder("engine"));
  if (unbundled !== undefined) return unbundled;
  const pages = await buildPages(ROOT);
  await stopBundler(ROOT);
  const complaints = `${run.stdout}${run.stderr}${pages ?? ""}`.trim();
  const isWhole = run.status === 0 && pages === undefined;
  writeFileSync(STAMP, isWhole ? state : WITH_ERRORS + state);
  return isWhole ? undefined : complaints || `tsc ended with ${run.status}`;
}

/** A module whose source is gone must not go on working from dist/. */
function removeOrphans() {
  for (const folder of FOLDERS) {
    const made = join(DIST, folder);
    if (!existsSync(made)) continue;
    for (const entry of readdirSync(made, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = relative(DIST, join(entry.parentPath, entry.name));
      const source = path.replace(/\.js(\.map)?$/, ".ts");
      if (!existsSync(join(ROOT, source))) rmSync(join(DIST, path), { force: true });
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const complaints = await buildWhenStale();
  if (complaints !== undefined) {
    process.stderr.write(`${complaints}\n`);
    process.exitCode = 1;
  }
}
