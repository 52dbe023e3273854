/**
 * The second half of a build: the engine's main thread and the entry of each of its other threads, each with all that it
 * imports in a few files, in dist/start/. An engine is started from there. Without this, five threads look for, open and
 * link 3,300 small files, typebox's 1,368 first of all: 3.1 s of processor time until ready instead of 1.5 s (measured on
 * two cores, 2.5 s and 1.4 s by the clock). Packages with binaries of their own stay as they are.
 */
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Threads find each other's entries, and Lua its scripts, beside the file that runs: dist/start/ is flat. */
const ENTRIES = ["engine/main.ts"];
const isThreadEntry = (path) => /^engine\/.+-main\.ts$/.test(path);
const BESIDE = /^engine\/.+\.lua$/;
/** With binaries beside their JavaScript; and what `pg` and `ws` would take if it were there. */
const EXTERNAL = ["uWebSockets.js", "lmdb", "@duckdb/node-api", "pg-native", "bufferutil", "utf-8-validate"];
/** Packages in CommonJS call `require` for Node's own modules, which a module does not have. */
const REQUIRE =
  'import { createRequire as createRequireOfBundle } from "node:module";const require = createRequireOfBundle(import.meta.url);';

/**
 * @param sources paths of all files of the engine, relative to the root
 * @returns why there is none: the engine then runs from dist/engine/, and starts more slowly
 */
export async function bundleEngine(root, sources) {
  const folder = join(root, "dist", "start");
  rmSync(folder, { recursive: true, force: true });
  const bundler = join(root, "node_modules", "esbuild", "lib", "main.js");
  if (!existsSync(bundler)) return "esbuild is not installed";
  const { default: esbuild } = await import(pathToFileURL(bundler));
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: [...ENTRIES, ...sources.filter(isThreadEntry)],
      outdir: folder,
      entryNames: "[name]",
      chunkNames: "chunk-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: true,
      sourcesContent: false,
      external: EXTERNAL,
      banner: { js: REQUIRE },
      logLevel: "silent",
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return error instanceof Error ? error.message : String(error);
  }
  for (const path of sources.filter((source) => BESIDE.test(source)))
    copyFileSync(join(root, path), join(folder, basename(path)));
  return undefined;
}

/** The engine as it is started: bundled, or as it was compiled where there is no bundle. */
export function engineMain(root) {
  const folder = join(root, "dist", "start");
  const isBundled = existsSync(folder) && readdirSync(folder).includes("main.js");
  return isBundled ? join(folder, "main.js") : join(root, "dist", "engine", "main.js");
}
