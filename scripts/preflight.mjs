/**
 * What must hold before Vif can start: said in words that name what is wrong and the remedy. The first half needs nothing
 * but Node and runs before anything is installed; the second half knows the configuration and runs before the engine.
 */
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";

export const NODE_MIN = [20, 19];
/** The uWebSockets.js binary for Node 20 wants glibc 2.27, those for Node 22 and later 2.38. */
const GLIBC_MIN_BY_NODE = { 20: [2, 27], later: [2, 38] };
/** ABI numbers of the Node versions that uWebSockets.js has binaries for, at the version pinned in package.json. */
const ABIS = { 115: "20", 127: "22", 137: "24", 141: "25" };

/** What the machine is, as the checks see it: given as an argument, so that they can be tested. */
export function describeMachine() {
  process.report.excludeNetwork = true;
  return {
    nodeVersion: process.versions.node,
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    glibcVersion: process.platform === "linux" ? process.report.getReport().header.glibcVersionRuntime : undefined,
  };
}

/** @returns {{ problem: string, remedy: string }[]} */
export function checkMachine({ nodeVersion, abi, platform, arch, glibcVersion }) {
  const unfit = [];
  const node = nodeVersion.split(".").map(Number);
  if (!atLeast(node, NODE_MIN)) {
    const problem = `Node ${nodeVersion} is too old: Vif needs ${NODE_MIN.join(".")} or later.`;
    return [{ problem, remedy: "Install Node 20 LTS (20.19 or later), for instance with nvm: nvm install 20." }];
  }
  if (!(abi in ABIS)) {
    const known = Object.values(ABIS).join(", ");
    const problem = `Node ${nodeVersion} has no prebuilt uWebSockets.js: there are some for Node ${known}.`;
    unfit.push({ problem, remedy: "Use Node 20 LTS (20.19 or later)." });
  }
  if (!["linux", "darwin"].includes(platform) || !["x64", "arm64"].includes(arch)) {
    const problem = `Vif does not run on ${platform}, ${arch}.`;
    unfit.push({ problem, remedy: "Run it on Linux or macOS, x64 or arm64; on Windows in its Subsystem for Linux." });
  }
  if (platform === "linux") {
    const wanted = node[0] < 22 ? GLIBC_MIN_BY_NODE[20] : GLIBC_MIN_BY_NODE.later;
    if (glibcVersion === undefined) {
      const problem =
        "This system has no glibc (Alpine and other musl systems), which the prebuilt uWebSockets.js needs.";
      unfit.push({ problem, remedy: "Use a glibc system, for instance Debian 10 or later, or Ubuntu 18.04 or later." });
    } else if (!atLeast(glibcVersion.split(".").map(Number), wanted)) {
      const problem = `glibc ${glibcVersion} is too old for Node ${nodeVersion}: uWebSockets.js wants ${wanted.join(".")}.`;
      const remedy = node[0] < 22 ? "Use a newer system." : "Use Node 20 LTS, whose binary wants glibc 2.27 only.";
      unfit.push({ problem, remedy });
    }
  }
  return unfit;
}

function atLeast(version, wanted) {
  for (const [index, part] of wanted.entries()) {
    const have = version[index] ?? 0;
    if (have !== part) return have > part;
  }
  return true;
}

/**
 * @param config as of engine/config.ts
 * @param keep false: a data folder that is made to see whether it can be goes again
 * @returns {Promise<{ problem: string, remedy: string }[]>}
 */
export async function checkPlace(config, { keep = true } = {}) {
  const unfit = checkDataFolder(config.dataDir, keep);
  const ports = [
    ["VIF_PORT", config.port],
    ["VIF_CONTROL_PORT", config.controlPort],
  ];
  for (const [name, port] of ports) {
    const code = port === 0 ? undefined : await tryPort(config.host, port);
    if (code === undefined) continue;
    if (code === "EADDRINUSE") {
      const problem = `Port ${port} of ${config.host} is taken, by another Vif perhaps.`;
      unfit.push({ problem, remedy: `Stop what listens there, or set ${name} to another port (0: any free one).` });
    } else if (code === "EACCES") {
      const problem = `This user may not listen on port ${port}.`;
      unfit.push({ problem, remedy: `Set ${name} to a port above 1023, and let a proxy serve the other one.` });
    } else {
      const problem = `It is not possible to listen on ${config.host}:${port} (${code}).`;
      unfit.push({ problem, remedy: "Set VIF_HOST to an address of this machine, for instance 127.0.0.1." });
    }
  }
  return unfit;
}

function checkDataFolder(folder, keep) {
  const made = [];
  try {
    if (existsSync(folder)) accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    else makeFolder(resolve(folder), made);
    return [];
  } catch (error) {
    const other = "or set VIF_DATA_DIR to another folder.";
    const file = fileOnTheWay(resolve(folder));
    if (file !== undefined)
      return [
        { problem: `The data folder ${folder} cannot be one: ${file} is a file.`, remedy: `Move it away, ${other}` },
      ];
    const problem = `The data folder ${folder} cannot be written (${error.code}).`;
    const there = existsSync(folder) ? folder : nearestFolder(dirname(resolve(folder)));
    return [{ problem, remedy: `Give this user the right to write in ${there}, ${other}` }];
  } finally {
    if (!keep) removeFolders(made.reverse());
  }
}

/** The innermost first; who has begun to use one meanwhile keeps it. */
function removeFolders(paths) {
  try {
    for (const path of paths) rmdirSync(path);
  } catch (error) {
    if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
  }
}

/** @returns the file that stands where a folder should, or undefined */
function fileOnTheWay(folder) {
  const there = nearestFolder(folder);
  return existsSync(there) && !statSync(there).isDirectory() ? there : undefined;
}

/** The path itself, or the first above it that is there. */
function nearestFolder(path) {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** Not by Node's own `recursive`, which never ends under a folder that answers ENOENT though it is there, as /proc. */
function makeFolder(folder, made) {
  const above = dirname(folder);
  if (above !== folder && !existsSync(above)) makeFolder(above, made);
  if (existsSync(folder)) return;
  mkdirSync(folder, { mode: 0o700 });
  made.push(folder);
}

/** @returns the error's code, or undefined when the port is free */
function tryPort(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Says what is wrong on stderr. @returns whether there was anything */
export function reportUnfit(unfit) {
  for (const { problem, remedy } of unfit) {
    process.stderr.write(`Vif cannot start: ${problem.replaceAll("\n", "\n  ")}\n  Remedy: ${remedy}\n`);
  }
  return unfit.length > 0;
}
