/** Puts a previewed page where a browser finds it, and opens the browser of this computer. */
import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** @returns the file, which stays */
export async function openPreview(name: string, html: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vif-preview-"));
  const file = join(folder, `${name}.html`);
  const whole = /^<!doctype/i.test(html) ? html : `<!doctype html><meta charset="utf-8"><title>${name}</title>${html}`;
  await writeFile(file, whole, { mode: 0o600 });
  const [program = "xdg-open", ...before] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(program, [...before, file], { stdio: "ignore", detached: true });
  // Where there is no browser the file is named all the same.
  child.on("error", () => undefined);
  child.unref();
  return file;
}
