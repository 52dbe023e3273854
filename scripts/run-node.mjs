/** Runs a Node program in the foreground as if it were this one: its signals, its exit code, its streams. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

/** Ends this process as the program ended. */
export function runNode(args) {
  const child = spawn(process.execPath, ["--enable-source-maps", ...args], { stdio: "inherit" });
  // A terminal sends its interrupt to the child too: passed on, it would count as a second one.
  const passed = process.stdin.isTTY ? ["SIGTERM", "SIGHUP"] : ["SIGTERM", "SIGHUP", "SIGINT"];
  for (const signal of passed) process.on(signal, () => child.kill(signal));
  if (process.stdin.isTTY) process.on("SIGINT", () => {});
  child.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
