/**
 * A language server as an editor has it: a process that is spoken to by JSON-RPC over its standard streams (Language Server
 * Protocol 3.17). Configuration is answered from the settings that are given; nothing outside is asked.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

export interface Position {
  /** Both from 0, as the protocol counts. */
  readonly line: number;
  readonly character: number;
}

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: Position; readonly end: Position };
}

export interface LanguageServer {
  /** Opens a file, or reads it anew, and resolves with what the server finds wrong in it. */
  open(file: string): Promise<readonly Diagnostic[]>;
  /** Labels of what is proposed at a place. */
  complete(file: string, at: Position): Promise<readonly string[]>;
  /** What is said of a place; empty when nothing is. */
  hover(file: string, at: Position): Promise<string>;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

/** @param settings by dotted names, as editors keep them */
export async function startLanguageServer(
  program: string,
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<LanguageServer> {
  const child = spawn(process.execPath, [program, "--stdio"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const waiting = new Map<number, (result: unknown) => void>();
  const diagnosed = new Map<string, (found: readonly Diagnostic[]) => void>();
  const versions = new Map<string, number>();
  let buffer = Buffer.alloc(0);
  let next = 1;

  function send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  function ask<Answer>(method: string, params: unknown): Promise<Answer> {
    const id = next++;
    send({ id, method, params });
    return new Promise((resolve) => waiting.set(id, resolve as (result: unknown) => void));
  }

  function receive({ id, method, params, result }: Message): void {
    if (method === undefined) {
      waiting.get(id ?? 0)?.(result);
      return;
    }
    if (method === "textDocument/publishDiagnostics") {
      const { uri, diagnostics } = params as { uri: string; diagnostics: readonly Diagnostic[] };
      diagnosed.get(uri)?.(diagnostics);
    }
    if (id === undefined) return;
    const sections = (params as { items?: readonly { section: string }[] } | undefined)?.items;
    send({ id, result: sections === undefined ? null : sections.map(({ section }) => sectionOf(settings, section)) });
  }

  child.stdout.on("data", (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = buffer.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("latin1", 0, Math.max(head, 0)))?.[1]);
      if (head < 0 || buffer.length < head + 4 + length) return;
      const body = buffer.toString("utf8", head + 4, head + 4 + length);
      buffer = buffer.subarray(head + 4 + length);
      receive(JSON.parse(body) as Message);
    }
  });

  const uriOf = (file: string): string => pathToFileURL(file).href;
  const root = uriOf(folder);
  await ask("initialize", {
    processId: process.pid,
    rootUri: root,
    workspaceFolders: [{ uri: root, name: "brand" }],
    capabilities: {
      workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
      textDocument: { completion: { completionItem: { snippetSupport: true } }, hover: {} },
    },
  });
  send({ method: "initialized", params: {} });
  send({ method: "workspace/didChangeConfiguration", params: { settings: null } });

  return {
    open(file) {
      const uri = uriOf(file);
      const found = new Promise<readonly Diagnostic[]>((resolve) => diagnosed.set(uri, resolve));
      const text = readFileSync(file, "utf8");
      const version = (versions.get(uri) ?? 0) + 1;
      versions.set(uri, version);
      if (version === 1)
        send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version, text } } });
      else
        send({
          method: "textDocument/didChange",
          params: { textDocument: { uri, version }, contentChanges: [{ text }] },
        });
      return found;
    },
    async complete(file, position) {
      const answer = await ask<{ items: readonly { label: string }[] }>("textDocument/completion", {
        textDocument: { uri: uriOf(file) },
        position,
      });
      return answer.items.map(({ label }) => label);
    },
    async hover(file, position) {
      const answer = await ask<{ contents: { value: string } } | null>("textDocument/hover", {
        textDocument: { uri: uriOf(file) },
        position,
      });
      return answer?.contents.value ?? "";
    },
    async close() {
      await ask("shutdown", null);
      send({ method: "exit" });
      child.stdin.end();
      await ended;
    },
  };
}

/** `yaml` of `{"yaml.schemas": ..., "yaml.hover": ...}`. */
function sectionOf(settings: Readonly<Record<string, unknown>>, section: string): unknown {
  const own = Object.entries(settings).filter(([name]) => name.startsWith(`${section}.`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(section.length + 1), value]));
}
