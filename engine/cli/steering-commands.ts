/** `vif plans`, `vif pause`, `vif resume`, `vif sends`: what operators order of all nodes, by the one that runs here. */
import type { SteeringReport } from "../control/steering-port.ts";
import { CHANNELS, isChannel } from "../model/message.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, ExitCode, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { renderOrders, renderPlans } from "./steering-text.ts";
import type { Style, Terminal } from "./terminal.ts";

const OPTIONS = `Options:
  --json   one JSON object in place of text
  --help   this text`;
const CODES = "Exit codes: 0 done, 1 it could not be done or no engine runs, 2 not understood.";

const PLANS_HELP = `Lists the plans that were in force, the latest last, and goes back to one of them.

Usage: vif plans [--use PLAN] [--json]

A plan is all rules as they were at a time. Going back concerns all nodes at once and is kept through restarts; a rule file
that is saved afterwards makes a new plan again. Templates are files and stay as they are.

Options:
  --use PLAN   the plan to go back to: the beginning of its name, 6 characters or more
  --json       one JSON object in place of text
  --help       this text

Examples:
  vif plans
  vif plans --use 3f9ac1

${CODES}`;

const CHANNEL_OPTIONS = `Options:
  --channel NAME   one of ${CHANNELS.join(", ")}, in place of a trigger
  --json           one JSON object in place of text
  --help           this text`;

const PAUSE_HELP = `Pauses one trigger or one channel, on all nodes and through restarts.

Usage: vif pause TRIGGER [--json]
       vif pause --channel NAME [--json]

A paused trigger does not fire until it is resumed, and what would have set it off meanwhile is passed over. By a paused
channel nothing goes out: triggers fire, and their messages go by another channel of theirs (\`best of\`), or wait until it
is resumed; one that expires before is skipped. What a provider was given before is under way.

${CHANNEL_OPTIONS}

Examples:
  vif pause cart-abandoned
  vif pause --channel sms
  vif pause cart-abandoned --json

${CODES}`;

const RESUME_HELP = `Resumes a trigger or a channel that was paused, on all nodes. What waited for a channel goes out within a minute or two.

Usage: vif resume TRIGGER [--json]
       vif resume --channel NAME [--json]

${CHANNEL_OPTIONS}

Examples:
  vif resume cart-abandoned
  vif resume --channel sms
  vif resume cart-abandoned --json

${CODES}`;

const SENDS_HELP = `Stops all sends, or lets them go out again, on all nodes: while they are stopped no trigger fires, and what would have set
one off is passed over. Without a word it says how things stand.

Usage: vif sends [stop|start] [--json]

${OPTIONS}

Examples:
  vif sends
  vif sends stop
  vif sends start

${CODES}`;

function whichOf(
  trigger: string | undefined,
  channel: string | undefined,
  nearest: Nearest,
): { readonly trigger: string } | { readonly channel: string } {
  if (trigger !== undefined && channel !== undefined)
    throw new UsageError("A trigger or a channel: one of them at a time.");
  if (trigger !== undefined) return { trigger };
  if (channel === undefined) throw new UsageError("TRIGGER is missing, or --channel NAME.");
  if (isChannel(channel)) return { channel };
  const near = nearest(channel, CHANNELS);
  const hint = near === undefined ? `They are ${CHANNELS.join(", ")}.` : `Did you mean ${near}?`;
  throw new UsageError(`There is no channel ${channel}. ${hint}`);
}

type MakeClient = () => Promise<EngineClient>;

/** @param client made when a command runs, for it reads settings */
export function createSteeringCommands(client: MakeClient, nearest: Nearest): readonly Command[] {
  async function ask(
    terminal: Terminal,
    question: {
      readonly method: "GET" | "POST";
      readonly path: string;
      readonly query?: Readonly<Record<string, string>>;
    },
    shown: { readonly json: boolean; readonly render: (report: SteeringReport, style: Style) => string },
  ): Promise<ExitCode> {
    const asked = await (await client()).ask<SteeringReport>(question.method, question.path, question.query);
    if (asked.is === "no") {
      sayNo(terminal, asked);
      return 1;
    }
    const { answer } = asked;
    terminal.out(shown.json ? JSON.stringify(answer, undefined, 2) : shown.render(answer, terminal.outStyle));
    return 0;
  }

  const pausing = (name: "pause" | "resume", summary: string, help: string): Command => ({
    name,
    summary,
    help,
    async run(args, terminal) {
      const form = { flags: ["json"], values: ["channel"], words: [], moreWordsMax: 1 } as const;
      const { flags, values, words } = parseArguments(args, form, nearest);
      const query = { do: name, ...whichOf(words[0], values.channel, nearest) };
      return ask(terminal, { method: "POST", path: "/v1/orders", query }, { json: flags.json, render: renderOrders });
    },
  });

  return [
    {
      name: "plans",
      summary: "list the plans that were in force, and go back to one",
      help: PLANS_HELP,
      async run(args, terminal) {
        const { flags, values } = parseArguments(args, { flags: ["json"], values: ["use"], words: [] }, nearest);
        const shown = { json: flags.json, render: renderPlans };
        if (values.use === undefined) return ask(terminal, { method: "GET", path: "/v1/plans" }, shown);
        return ask(terminal, { method: "POST", path: "/v1/plans/use", query: { plan: values.use } }, shown);
      },
    },
    pausing("pause", "pause one trigger or one channel on all nodes", PAUSE_HELP),
    pausing("resume", "resume a trigger or a channel that was paused", RESUME_HELP),
    {
      name: "sends",
      summary: "stop all sends, and let them go out again",
      help: SENDS_HELP,
      async run(args, terminal) {
        const form = { flags: ["json"], values: [], words: [], moreWordsMax: 1 } as const;
        const { flags, words } = parseArguments(args, form, nearest);
        const [word] = words;
        const shown = { json: flags.json, render: renderOrders };
        if (word === undefined) return ask(terminal, { method: "GET", path: "/v1/plans" }, shown);
        if (word !== "stop" && word !== "start")
          throw new UsageError(`Sends can be stopped or started, not "${word}".`);
        return ask(terminal, { method: "POST", path: "/v1/orders", query: { do: word } }, shown);
      },
    },
  ];
}
