/**
 * The commands that the documents tell a reader to type: every line of their ```sh blocks. A comment before a block says
 * how it is run: `<!-- runs: until ready -->` (starts the engine), `<!-- runs: with the engine -->` (while it runs), or
 * `<!-- runs: elsewhere, reason -->`; without one, a command must end with 0 by itself.
 */

export type Running =
  | { readonly how: "alone" }
  | { readonly how: "until ready" }
  | { readonly how: "with the engine" }
  | { readonly how: "elsewhere"; readonly reason: string };

export interface DocumentCommand {
  readonly document: string;
  readonly line: number;
  readonly command: string;
  readonly running: Running;
}

/** @throws Error on a comment that it does not know, so that no block goes unrun by a slip */
export function parseCommands(document: string, text: string): readonly DocumentCommand[] {
  const commands: DocumentCommand[] = [];
  let running: Running = { how: "alone" };
  let inside = false;
  let begun: { readonly line: number; readonly command: string } | undefined;
  for (const [index, row] of text.split("\n").entries()) {
    const line = index + 1;
    const comment = /^<!-- runs: (.*) -->$/.exec(row);
    if (inside && row === "```") {
      inside = false;
      running = { how: "alone" };
    } else if (inside) {
      const command = begun === undefined ? row.trim() : `${begun.command}\n${row}`;
      begun ??= { line, command };
      begun = { line: begun.line, command };
      if (row.endsWith("\\")) continue;
      if (command !== "" && !command.startsWith("#")) commands.push({ document, line: begun.line, command, running });
      begun = undefined;
    } else if (row === "```sh") {
      inside = true;
    } else if (comment?.[1] !== undefined) {
      running = parseRunning(comment[1], `${document}:${line}`);
    }
  }
  return commands;
}

function parseRunning(words: string, place: string): Running {
  if (words === "until ready" || words === "with the engine") return { how: words };
  const reason = /^elsewhere, (.+)$/.exec(words)?.[1];
  if (reason === undefined)
    throw new Error(`${place}: "runs: ${words}" is none of: until ready, with the engine, elsewhere, reason`);
  return { how: "elsewhere", reason };
}
