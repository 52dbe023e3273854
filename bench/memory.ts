/**
 * What a million profiles of the example brand's shape cost: filled through the socket with the profile cache bounded to
 * 1 GB, resident memory of the engine's process at the end and at its highest, and bytes on disk. Every visitor sends
 * several events, spread over the whole fill, so that profiles are evicted, loaded and changed again. Pages of files that
 * are mapped (LMDB's tree, programs) count as resident, and are told apart: the kernel takes them back when it wants to.
 *
 * Estimate before the first run: 1 GB of cache, 0.3 GB of threads and code, 0.5 GB of DuckDB's bound, some hundred MB of
 * LMDB's pages mapped: 2 GB. On disk 1 KB a profile and 500 bytes an event.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, startEngine, temporaryFolder } from "./engine-process.ts";
import { ROOT, fillProfiles, isKnown } from "./filled-engine.ts";
import { count, keepResults, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 1_000_000);
const EVENTS_EACH = sizeOf("BENCH_EVENTS_EACH", 5);
const CACHE_MB = 1_024;
const SAMPLE_MS = 1_000;

async function main(): Promise<void> {
  const folder = temporaryFolder("memory");
  const engine = await startEngine({
    name: "memory",
    store: "embedded",
    rules: `${ROOT}/rules`,
    folder,
    env: { VIF_CACHE_MB: String(CACHE_MB) },
  });
  let highest = { bytes: 0, fileBytes: 0 };
  const sample = (): typeof highest => {
    const now = engine.process.resident();
    if (now.bytes > highest.bytes) highest = now;
    return now;
  };
  const sampling = setInterval(() => {
    if (!engine.process.ended) sample();
  }, SAMPLE_MS);
  try {
    const eventsPerSecond = await fillProfiles(engine, PROFILES, EVENTS_EACH, (share) =>
      process.stderr.write(`filled ${(share * 100).toFixed(0)} %   \r`),
    );
    for (const visitor of [0, PROFILES >> 1, PROFILES - 1])
      if (!(await isKnown(engine, visitor))) throw new Error(`visitor ${visitor} is not known`);
    const resident = sample();
    clearInterval(sampling);
    await engine.process.stop();
    const disk = Object.fromEntries(
      readdirSync(folder)
        .map((name) => [name, diskBytes(join(folder, name))] as const)
        .filter(([, bytes]) => bytes > 64 * 1024),
    );
    const diskTotal = diskBytes(folder);
    printTable([
      [`${count(PROFILES)} profiles, ${count(PROFILES * EVENTS_EACH)} events`, "MB", "bytes a profile"],
      ["resident at the end", megabytes(resident.bytes), count(resident.bytes / PROFILES)],
      ["  of this pages of files", megabytes(resident.fileBytes), count(resident.fileBytes / PROFILES)],
      ["resident at the highest", megabytes(highest.bytes), count(highest.bytes / PROFILES)],
      ["  of this pages of files", megabytes(highest.fileBytes), count(highest.fileBytes / PROFILES)],
      ["on disk after a clean stop", megabytes(diskTotal), count(diskTotal / PROFILES)],
      ...Object.entries(disk).map(([name, bytes]) => [`  ${name}`, megabytes(bytes), count(bytes / PROFILES)]),
    ]);
    const results = { profiles: PROFILES, eventsEach: EVENTS_EACH, cacheMb: CACHE_MB, eventsPerSecond };
    const path = keepResults("memory", { ...results, resident, highest, diskTotal, disk });
    process.stdout.write(`\nkept in ${path}\n`);
  } finally {
    clearInterval(sampling);
    await engine.process.stop();
    removeFolder(folder);
  }
}

/** Blocks really taken: LMDB's and spare files may be longer than what is in them. */
function diskBytes(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.blocks * 512;
  return readdirSync(path).reduce((sum, name) => sum + diskBytes(join(path, name)), 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

await main();
