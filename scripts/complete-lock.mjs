/**
 * Completes package-lock.json with the prebuilt binaries of other platforms. npm leaves out an optional package that its
 * registry could not serve at the time of `npm install`, and `npm ci` then refuses the lock everywhere. An entry made here
 * has no digest: npm checks it by name and version only, on the platforms it is for.
 * Run after every `npm install`: `node scripts/complete-lock.mjs` (with `--check`: only say what is missing).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LOCK = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json");
const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/** @returns what the lock lacks: path -> entry */
export function missingEntries(lock) {
  const missing = new Map();
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const beside = `node_modules/${name}`;
      const below = `${path}/node_modules/${name}`;
      if (beside in lock.packages || below in lock.packages) continue;
      const words = name.split("/").at(-1).split("-");
      const os = SYSTEMS.filter((system) => words.includes(system));
      const cpu = PROCESSORS.filter((processor) => words.includes(processor));
      // A package that fits any platform has no place in this list: it must have been installed.
      if (os.length === 0) continue;
      const libc = words.includes("musl") || words.includes("musleabihf") ? ["musl"] : libcOf(words, os[0]);
      missing.set(beside, {
        version: range.replace(/^[\^~]/, ""),
        ...(cpu.length > 0 && { cpu }),
        ...(entry.dev && { dev: true }),
        ...(libc && { libc }),
        optional: true,
        os,
      });
    }
  }
  return missing;
}

function libcOf(words, os) {
  return os === "linux" && words.some((word) => word.startsWith("gnu")) ? ["glibc"] : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(LOCK, "utf8"));
  const missing = missingEntries(lock);
  if (process.argv.includes("--check")) {
    for (const path of missing.keys()) process.stderr.write(`package-lock.json lacks ${path}\n`);
    process.exitCode = missing.size === 0 ? 0 : 1;
  } else if (missing.size > 0) {
    const all = { ...lock.packages, ...Object.fromEntries(missing) };
    const sorted = Object.keys(all).sort((a, b) => a.localeCompare(b, "en"));
    lock.packages = Object.fromEntries(sorted.map((path) => [path, all[path]]));
    writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  }
}
