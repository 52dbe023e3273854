/**
 * The second half of a build: the engine's main thread and the entry of each of its other threads, each with all that it
 * imports in one file of dist/start/, and V8's code for it beside it. An engine is started from there (run-bundle.cjs).
 * Without this, five threads look for, open, link and compile 3,300 small files: three and a half times the processor
 * time until an engine is ready. Packages with binaries of their own stay where they are.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const require = createRequire(import.meta.url);

/** Threads find each other's entries, and Lua its scripts, beside the file that runs: dist/start/ is flat. */
const isEntry = (path) => path === "engine/main.ts" || /^engine\/.+-main\.ts$/.test(path);
const isReadBeside = (path) => /^engine\/.+\.lua$/.test(path);
/** With binaries beside their JavaScript; and what only a brand with e-mails loads, when it reads its rules. */
const OUTSIDE = ["uWebSockets.js", "@duckdb/node-bindings", "mjml", "html-to-text", "twilio"];
/** What `pg`, `ws` and lmdb's `msgpackr` take if it is there; the last one is, and is a binary that nothing here needs. */
const DONE_WITHOUT = /^(pg-native|bufferutil|utf-8-validate|msgpackr-extract)$/;
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
      external: OUTSIDE,
      // V8 refuses import() in a script that it is given the code of.
      supported: { "dynamic-import": false },
      alias: { lmdb: createRequire(join(root, "package.json")).resolve("lmdb") },
      plugins: [
        { name: "what is done without", setup: leaveOut },
        { name: "the place of lmdb", setup: keepPlaceOfLmdb },
      ],
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

/** Its service would go on for as long as the process that has built, which becomes the engine's. */
export async function stopBundler(root) {
  await require(join(root, "node_modules", "esbuild")).stop();
}

/** It looks for its binary from where its own file is, which it takes for granted to be in node_modules. */
function keepPlaceOfLmdb(build) {
  build.onLoad({ filter: /[\\/]lmdb[\\/]dist[\\/]index\.cjs$/ }, ({ path }) => ({
    contents: readFileSync(path, "utf8").replaceAll("__filename", 'placeOf("lmdb")'),
    loader: "js",
  }));
}

function leaveOut(build) {
  build.onResolve({ filter: DONE_WITHOUT }, ({ path }) => ({ path, namespace: "absent" }));
  build.onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({
    contents: `throw Object.assign(new Error("${path} is left out"), { code: "MODULE_NOT_FOUND" });`,
  }));
}
