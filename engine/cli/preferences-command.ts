/** `vif preferences`: the link to a person's own page of preferences, for whoever answers to a customer. */
import type { Preferences } from "../control/preferences-port.ts";
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";

const HELP = `Prints the link to somebody's own page of preferences, where they see and change what they want to hear of.

Usage: vif preferences WHO [--json]

WHO is a profile id or an identifier: an e-mail address, phone number, card, user or anonymous id. The link is the one that
messages carry: who has it speaks for that person, so give it to nobody else. It begins with VIF_PUBLIC_URL.

Options:
  --json   one JSON object in place of text
  --help   this text

Examples:
  vif preferences marie@example.fr
  vif preferences marie@example.fr --json | jq -r .link

Exit codes: 0 told, 1 nobody is known by that or no engine runs, 2 not understood.`;

/** @param client made when the command runs, for it reads settings */
export function createPreferencesCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "preferences",
    summary: "print the link to somebody's page of preferences",
    help: HELP,
    async run(args, terminal) {
      const { flags, words } = parseArguments(args, { flags: ["json"], values: [], words: ["WHO"] }, nearest);
      const asked = await (await client()).ask<Preferences>("GET", "/v1/preferences", { who: words[0] });
      if (asked.is === "no") {
        sayNo(terminal, asked);
        return 1;
      }
      terminal.out(flags.json ? JSON.stringify(asked.answer, undefined, 2) : asked.answer.link);
      return 0;
    },
  };
}
