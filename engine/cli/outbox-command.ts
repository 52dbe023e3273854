/** `vif outbox`: messages that have come to nothing: to list, to look at one, to try one once more, or to let it go. */
import type { OutboxReport } from "../control/outbox-port.ts";
import { outboxShownMax } from "../limits-of-delivery.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, ExitCode, Nearest } from "./command.ts";
import { localTime, sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Style, Terminal } from "./terminal.ts";
import { type Column, renderTable } from "./text-table.ts";

const HELP = `Lists messages that were given up, and messages of which nobody knows whether they were sent, the latest first; and how each
channel of this node stands.

Usage: vif outbox [list] [--limit N] [--after PLACE | --all] [--json]
       vif outbox show MESSAGE [--json]
       vif outbox replay MESSAGE [--json]
       vif outbox drop MESSAGE [--json]

A message is here when all its tries have failed, or when a crash or a lost answer leaves nobody knowing whether it was sent;
for VIF_DEAD_LETTER_DAYS (90 when not set), after which a night lets it go.
\`replay\` tries it once more, by the gates as they are now; if it was sent after all, it comes twice. \`drop\` lets it go.
A channel is \`paused\` by \`vif pause --channel\`, \`open\` while its circuit breaker calls nobody, and \`trying\` when one
call shows whether the provider is back. MESSAGE is the beginning of its id, 6 characters or more.

Options:
  --limit N       how many are listed, 200 where nothing is said and 1,000 at the most
  --after PLACE   the next page: the place that the page before ends with
  --all           all of them, up to those of the latest million calls; with --json a line of JSON for each
  --json          one JSON object in place of text
  --help          this text

Examples:
  vif outbox
  vif outbox show 18458f
  vif outbox replay 18458f
  vif outbox drop 18458f --json
  vif outbox --all --json | jq -r 'select(.trigger == "order-thanks").message'

Exit codes: 0 done, 1 it could not be done or no engine runs, 2 not understood.`;

const WORDS = ["list", "show", "replay", "drop"] as const;
type Word = (typeof WORDS)[number];
const DONE = {
  replay: (message: string) => `Message ${message} is tried once more; \`vif why\` tells what comes of it. Left:`,
  drop: (message: string) => `Message ${message} is let go of. Left:`,
};

/** @param client made when the command runs, for it reads settings */
export function createOutboxCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "outbox",
    summary: "messages that have come to nothing: list them, try one once more, let one go",
    help: HELP,
    async run(args, terminal) {
      const { flags, values, words } = parseArguments(
        args,
        { flags: ["json", "all"], values: ["limit", "after"], words: [], moreWordsMax: 2 },
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
      const page = pageOf({ ...values, isAll: flags.all }, word);
      const engine = await client();
      if (flags.all) return listAll(engine, terminal, flags.json);
      const asked = await engine.ask<OutboxReport>(...questionOf(word, message, page));
      if (asked.is === "no") {
        sayNo(terminal, asked);
        return 1;
      }
      const report = asked.answer;
      if (flags.json) terminal.out(JSON.stringify(report, undefined, 2));
      else {
        if (word === "replay" || word === "drop") terminal.out(`${DONE[word](message)}\n`);
        terminal.out(renderOutbox(report, terminal.outStyle));
      }
      return word === "show" && report.dead.length === 0 ? 1 : 0;
    },
  };
}

interface Page {
  readonly limit?: string;
  readonly after?: string;
}

/** @throws UsageError */
function pageOf({ limit, after, isAll }: Page & { readonly isAll: boolean }, word: Word): Page {
  if (word !== "list" && (limit !== undefined || after !== undefined || isAll))
    throw new UsageError(`--limit, --after and --all are of vif outbox list, not of ${word}.`);
  if (isAll && (limit !== undefined || after !== undefined))
    throw new UsageError("--all lists everything: it goes with neither --limit nor --after.");
  if (limit !== undefined && !(/^[0-9]{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= outboxShownMax))
    throw new UsageError(`--limit is from 1 to ${outboxShownMax}, not "${limit}".`);
  if (after !== undefined && !/^[0-9]{1,16}-[0-9]{1,5}-[0-9]{1,16}$/.test(after))
    throw new UsageError(`--after is the place that a page ended with, such as 1767225600000-3-42, not "${after}".`);
  return { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) };
}

/** Page by page; what fails in between is told after what came before. */
async function listAll(engine: EngineClient, terminal: Terminal, isJson: boolean): Promise<ExitCode> {
  let after: string | undefined;
  do {
    const page = { limit: String(outboxShownMax), ...(after !== undefined && { after }) };
    const asked = await engine.ask<OutboxReport>(...questionOf("list", "", page));
    if (asked.is === "no") {
      sayNo(terminal, asked);
      return 1;
    }
    const { dead, next } = asked.answer;
    if (isJson) for (const letter of dead) terminal.out(JSON.stringify(letter));
    else if (after === undefined || dead.length > 0) terminal.out(renderDead(dead, terminal.outStyle));
    after = next;
  } while (after !== undefined);
  return 0;
}

function questionOf(word: Word, message: string, page: Page): Parameters<EngineClient["ask"]> {
  if (word === "replay" || word === "drop") return ["POST", "/v1/outbox/again", { do: word, message }];
  return ["GET", "/v1/outbox", word === "show" ? { message } : { ...page }];
}

const left = (title: string): Column => ({ title, align: "left" });
const right = (title: string): Column => ({ title, align: "right" });
const indent = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join("\n");

function renderDead(dead: OutboxReport["dead"], { dim }: Style): string {
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
  return rows.length === 0 ? dim("  none") : indent(renderTable(form, rows, { title: dim }));
}

/** Pure. */
export function renderOutbox({ dead, next, channels }: OutboxReport, style: Style): string {
  const { bold, dim } = style;
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
  return [
    bold("Come to nothing"),
    renderDead(dead, style),
    ...(next === undefined ? [] : [`  There are more: vif outbox --after ${next}, or --all.`]),
    "",
    bold("Channels of this node"),
    indent(renderTable(channelForm, standing, { title: dim })),
  ].join("\n");
}
