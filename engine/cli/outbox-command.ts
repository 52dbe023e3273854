/** `vif outbox`: messages that have come to nothing: to list, to look at one, to try one once more, or to let it go. */
import type { OutboxReport } from "../control/outbox-port.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { localTime, sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Style } from "./terminal.ts";
import { type Column, renderTable } from "./text-table.ts";

const HELP = `Lists messages that have come to nothing, or nobody knows to what, the latest first; and how each channel of this node stands.

Usage: vif outbox [list] [--json]
       vif outbox show MESSAGE [--json]
       vif outbox replay MESSAGE [--json]
       vif outbox drop MESSAGE [--json]

A message is here when all its tries have failed, or when a crash or a lost answer leaves nobody knowing whether it was sent.
\`replay\` tries it once more, by the gates as they are now; if it was sent after all, it comes twice. \`drop\` lets it go.
A channel is \`paused\` by \`vif pause --channel\`, \`open\` while its circuit breaker calls nobody, and \`trying\` when one
call shows whether the provider is back. MESSAGE is the beginning of its id, 6 characters or more.

Options:
  --json   one JSON object in place of text
  --help   this text

Examples:
  vif outbox
  vif outbox show 18458f
  vif outbox replay 18458f
  vif outbox drop 18458f --json

Exit codes: 0 done, 1 it could not be done or no engine runs, 2 not understood.`;

const WORDS = ["list", "show", "replay", "drop"] as const;
type Word = (typeof WORDS)[number];

/** @param client made when the command runs, for it reads settings */
export function createOutboxCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "outbox",
    summary: "messages that have come to nothing: list them, try one once more, let one go",
    help: HELP,
    async run(args, terminal) {
      const { flags, words } = parseArguments(
        args,
        { flags: ["json"], values: [], words: [], moreWordsMax: 2 },
        nearest,
      );
      const word = WORDS.find((each) => each === (words[0] ?? "list"));
      if (word === undefined) {
        const near = nearest(words[0] ?? "", WORDS);
        throw new UsageError(
          `vif outbox knows ${WORDS.join(", ")}.${near === undefined ? "" : ` Did you mean ${near}?`}`,
        );
      }
      const message = words[1] ?? "";
      if (word !== "list" && !/^[0-9a-f]{6,32}$/.test(message))
        throw new UsageError(`vif outbox ${word} wants a message: the beginning of its id, 6 characters or more.`);
      const asked = await (await client()).ask<OutboxReport>(...questionOf(word, message));
      if (asked.is === "no") {
        sayNo(terminal, asked);
        return 1;
      }
      const report =
        word === "show"
          ? { ...asked.answer, dead: asked.answer.dead.filter((each) => each.message.startsWith(message)) }
          : asked.answer;
      terminal.out(flags.json ? JSON.stringify(report, undefined, 2) : renderOutbox(report, terminal.outStyle));
      return word === "show" && report.dead.length === 0 ? 1 : 0;
    },
  };
}

function questionOf(word: Word, message: string): Parameters<EngineClient["ask"]> {
  if (word === "replay" || word === "drop") return ["POST", "/v1/outbox/again", { do: word, message }];
  return ["GET", "/v1/outbox"];
}

/** Pure. */
export function renderOutbox({ dead, channels }: OutboxReport, { bold, dim }: Style): string {
  const left = (title: string): Column => ({ title, align: "left" });
  const right = (title: string): Column => ({ title, align: "right" });
  const rows = dead.map(({ message, trigger, channel = "", attempts, became, code = "", at, profile }) => [
    message.slice(0, 12),
    trigger,
    channel,
    String(attempts),
    code === "" ? became : `${became} (${code})`,
    localTime(at),
    profile,
  ]);
  const form = [
    left("message"),
    left("trigger"),
    left("by"),
    right("tries"),
    left("came to"),
    left("when"),
    left("profile"),
  ];
  const standing = channels.map(({ channel, adapter, waiting, taken, paused, breaker, outcomes }) => [
    channel,
    adapter,
    String(waiting),
    String(taken),
    paused ? "paused" : breaker === "closed" ? "" : breaker,
    Object.entries(outcomes)
      .map(([is, count]) => `${count} ${is}`)
      .join(", "),
  ]);
  const channelForm = [
    left("channel"),
    left("adapter"),
    right("waiting"),
    right("taken"),
    left("state"),
    left("since the start"),
  ];
  const indent = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join("\n");
  return [
    bold("Come to nothing"),
    rows.length === 0 ? dim("  none") : indent(renderTable(form, rows, { title: dim })),
    "",
    bold("Channels of this node"),
    indent(renderTable(channelForm, standing, { title: dim })),
  ].join("\n");
}
