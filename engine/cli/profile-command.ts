/** `vif profile`: one person, as the owner of their shard knows them now. */
import type { ProfileReport } from "../control/profile-port.ts";
import { IDENTIFIER_KINDS } from "../model/identifier.ts";
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { renderProfile } from "./profile-text.ts";

const HELP = `Shows one person: identifiers, attributes, segments, what is decided, what triggers have set off,
points and receipts, what is kept for rules.

Usage: vif profile WHO [--at TIME] [--json]

WHO is a profile id, or what the person is known by: an e-mail address, a phone number, a loyalty card, a user id or an
anonymous id. Where it could be several, one of these before it says which:
${IDENTIFIER_KINDS.join(":, ")}:.

Options:
  --at TIME   as of this time, in ISO 8601; the past is told from history, by the rules of today
  --json      one JSON object in place of text; times in milliseconds since 1970
  --help      this text

It asks the running engine, which reads the profile where it lives. Nobody is created by being asked for.

Examples:
  vif profile marie@example.fr
  vif profile +33612345678
  vif profile anonymous:visitor-1 --at 2030-01-01T00:00Z
  vif profile card:4006381333931 --json | jq '.segments[] | select(.inside).name'

Exit codes: 0 shown, 1 nobody is known by that or no engine runs, 2 not understood.`;

/** @param client made when the command runs, for it reads settings */
export function createProfileCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "profile",
    summary: "show one person: who, what is known, what is decided",
    help: HELP,
    async run(args, terminal) {
      const { flags, values, words } = parseArguments(
        args,
        { flags: ["json"], values: ["at"], words: ["WHO"] },
        nearest,
      );
      const asked = await (await client()).ask<ProfileReport>("GET", "/v1/profile", { who: words[0], at: values.at });
      if (asked.is === "no") {
        sayNo(terminal, asked);
        return 1;
      }
      terminal.out(
        flags.json
          ? JSON.stringify(asked.answer, undefined, 2)
          : renderProfile(asked.answer, terminal.outStyle, terminal.columns),
      );
      return 0;
    },
  };
}
