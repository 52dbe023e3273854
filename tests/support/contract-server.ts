/**
 * A server generated from a vendor's own OpenAPI file, by Prism: it answers as the vendor's examples do, and refuses requests
 * that the file does not allow. Of a large file only the paths that are asked for are kept, so that it starts in seconds.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { freePort } from "./free-ports.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";
import { until } from "./waiting.ts";

const DATA = process.env["VIF_TEST_DATA"] ?? "../shared/data";

export function contractMissing(file: string): string | undefined {
  const path = join(DATA, "contracts", file);
  return existsSync(path) ? undefined : `no file ${path}: set VIF_TEST_DATA`;
}

export interface ContractServer {
  readonly url: string;
  close(): Promise<void>;
}

/** An OpenAPI document. */
export interface Contract {
  readonly paths: Readonly<Record<string, unknown>>;
}

/** @param translate what the vendor writes in a form of its own */
export async function startContractServer(
  file: string,
  paths: readonly string[],
  translate = (contract: unknown): Contract => contract as Contract,
): Promise<ContractServer> {
  const text = gunzipSync(readFileSync(join(DATA, "contracts", file))).toString("utf8");
  const whole = translate(file.includes(".json") ? JSON.parse(text) : parse(text, { maxAliasCount: -1 }));
  const contract = { ...whole, paths: Object.fromEntries(paths.map((path) => [path, whole.paths[path]])) };
  const folder = createTestFolder("contract");
  const document = join(folder, "contract.json");
  writeFileSync(document, JSON.stringify(contract));
  const port = await freePort();
  const cli = join(
    dirname(createRequire(import.meta.url).resolve("@stoplight/prism-cli/package.json")),
    "dist/index.js",
  );
  const child = spawn(process.execPath, [cli, "mock", "--errors", "-h", "127.0.0.1", "-p", String(port), document]);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => void (said += data.toString()));
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  await until(
    () => `Prism listens: ${said.slice(-2000)}`,
    () => said.includes("Prism is listening") || child.exitCode !== null,
  );
  if (child.exitCode !== null) throw new Error(`Prism ended: ${said.slice(-2000)}`);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill();
      await ended;
      removeTestFolder(folder);
    },
  };
}
