/**
 * The second half of a build: the engine's main thread and the entry of each of its other threads, each with all that it
 * imports in one file of dist/start/, and V8's code for it beside it. An engine is started from there (run-bundle.cjs).
 * Without this, five threads look for, open, link and compile 3,300 small files: three and a half times the processor
 * time until an engine is ready. Packages with binaries of their own stay where they are.
 */
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const require = createRequire(import.meta.url);

/** Threads find each other's entries, and Lua its scripts, beside the file that runs: dist/start/ is flat. */
const isEntry = (path) => path === "engine/main.ts" || /^engine\/.+-main\.ts$/.test(path);
const isReadBeside = (path) => /^engine\/.+\.lua$/.test(path);
/** With binaries beside their JavaScript; and what `pg` and `ws` would take if it were there. */
const EXTERNAL = ["uWebSockets.js", "lmdb", "@duckdb/node-bindings", "pg-native", "bufferutil", "utf-8-validate"];
const RUNNER = "run-bundle.cjs";

/**
 * @param sources paths of all files of the engine, relative to the root
 * @returns what is wrong, or undefined when the bundles are made
 */
export async function bundleEngine(root, sources) {
  const folder = join(root, "dist", "start");
  rmSync(folder, { recursive: true, force: true });
  const entries = sources.filter(isEntry);
  try {
    await require(join(root, "node_modules", "esbuild")).build({
      absWorkingDir: root,
      entryPoints: entries,
      outdir: folder,
      entryNames: "[name].bundle",
      bundle: true,
      // Not as modules: only a script can be given the code that V8 made of it before.
      format: "cjs",
      platform: "node",
      target: "node20",
      external: EXTERNAL,
      define: { "import.meta.url": "bundleUrl" },
      sourcemap: true,
      sourcesContent: false,
      logLevel: "silent",
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }\n');
  copyFileSync(join(root, "scripts", RUNNER), join(folder, RUNNER));
  const { compileBundle } = require(join(folder, RUNNER));
  for (const entry of entries) {
    const name = basename(entry, ".ts");
    writeFileSync(join(folder, `${name}.js`), `require("./${RUNNER}").runBundle("${name}");\n`);
    writeFileSync(join(folder, `${name}.code`), compileBundle(name).createCachedData());
  }
  for (const path of sources.filter(isReadBeside)) copyFileSync(join(root, path), join(folder, basename(path)));
  return undefined;
}
