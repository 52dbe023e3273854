/**
 * What browsers are served, made from sdk/ and shop/: the SDK as a plain script and as a module with its types
 * (dist/sdk/), and the example shop's pages, pictures and scripts (dist/shop/). Part of every build.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const BROWSERS = { bundle: true, minify: true, target: "es2022", legalComments: "none", logLevel: "silent" };

/** @returns undefined when all is well, else what is wrong */
export async function buildPages(root) {
  const { default: esbuild } = await import(pathToFileURL(join(root, "node_modules", "esbuild", "lib", "main.js")));
  const own = { ...BROWSERS, absWorkingDir: root };
  const sdk = join(root, "dist", "sdk");
  rmSync(sdk, { recursive: true, force: true });
  mkdirSync(sdk, { recursive: true });
  try {
    await esbuild.build({ ...own, entryPoints: ["sdk/script.ts"], format: "iife", outfile: join(sdk, "vif.js") });
    await esbuild.build({ ...own, entryPoints: ["sdk/vif.ts"], format: "esm", outfile: join(sdk, "vif.mjs") });
    copyFileSync(join(root, "sdk", "package.json"), join(sdk, "package.json"));
    await buildShop(root, esbuild, own);
  } catch (error) {
    return `the pages could not be built: ${error instanceof Error ? error.message : String(error)}`;
  }
  return writeTypes(root, sdk);
}

function writeTypes(root, folder) {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const to = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", folder, "--rootDir", "sdk"];
  const run = spawnSync(process.execPath, [tsc, "-p", "sdk", ...to], { cwd: root, encoding: "utf8" });
  const complaints = `${run.stdout}${run.stderr}`.trim();
  return run.status === 0 ? undefined : complaints || `tsc ended with ${run.status}`;
}

/** The shop's pages are written by its own code, run once here: the engine serves files and knows no page. */
async function buildShop(root, esbuild, own) {
  if (!existsSync(join(root, "shop", "write-shop.ts"))) return;
  const folder = join(root, "dist", "shop");
  rmSync(folder, { recursive: true, force: true });
  const writer = join(root, "dist", ".write-shop.mjs");
  await esbuild.build({
    ...own,
    minify: false,
    platform: "node",
    format: "esm",
    entryPoints: ["shop/write-shop.ts"],
    outfile: writer,
  });
  const { writeShop } = await import(`${pathToFileURL(writer).href}?${Date.now()}`);
  for (const [path, content] of Object.entries(writeShop())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  // Mail programs show no SVG.
  cpSync(join(root, "shop", "email"), join(folder, "pictures", "email"), { recursive: true });
  const style = readFileSync(join(root, "shop", "style.css"), "utf8");
  const { code } = await esbuild.transform(style, { loader: "css", minify: true });
  writeFileSync(join(folder, "style.css"), code);
  await esbuild.build({
    ...own,
    format: "iife",
    entryPoints: ["shop/browser/storefront.ts", "shop/browser/till.ts"],
    outdir: folder,
  });
}
