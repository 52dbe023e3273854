/** `vif why`: why a rule says what it says of one person. */
import type { WhyReport } from "../control/profile-port.ts";
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { renderWhy } from "./why-text.ts";

/** Names that are listed where none is near. */
const shownNamesMax = 12;

const HELP = `Explains why a rule says what it says of one person: its tree, each part with what holds and what it read.

Usage: vif why WHO RULE [--at TIME] [--json]

WHO as in \`vif profile\`; RULE is the name of a segment, of a content, of a trigger, of a recommendation, of the
loyalty rule or of one of its bonuses; \`trigger:NAME\` where others are called the same. Of a recommendation, and of a
content that shows one, the products are told that there are now, each with why it is there.

Options:
  --at TIME   as of this time, in ISO 8601: a past one from history, by the rules of today; one to come as it will be
              if nothing happens
  --json      one JSON object in place of text
  --help      this text

Examples:
  vif why marie@example.fr vip
  vif why anonymous:visitor-1 home-hero
  vif why marie@example.fr goes-with-it
  vif why marie@example.fr lapsing-vip --at 2030-01-01

Exit codes: 0 explained, 1 nobody or no rule of that name or no engine runs, 2 not understood.`;

/** @param client made when the command runs, for it reads settings */
export function createWhyCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "why",
    summary: "explain a rule for one person, part by part",
    help: HELP,
    async run(args, terminal) {
      const form = { flags: ["json"], values: ["at"], words: ["WHO", "RULE"] } as const;
      const { flags, values, words } = parseArguments(args, form, nearest);
      const engine = await client();
      const [who, rule = ""] = words;
      const asked = await engine.ask<WhyReport>("GET", "/v1/why", { who, rule, at: values.at });
      if (asked.is === "no") {
        sayNo(terminal, asked);
        if (asked.code === "not_found") await sayNearest(engine, rule, nearest, terminal.err);
        return 1;
      }
      terminal.out(
        flags.json ? JSON.stringify(asked.answer, undefined, 2) : renderWhy(asked.answer, terminal.outStyle, who),
      );
      return 0;
    },
  };
}

async function sayNearest(
  engine: EngineClient,
  rule: string,
  nearest: Nearest,
  err: (text: string) => void,
): Promise<void> {
  interface Named {
    readonly name: string;
  }
  type Rules = Readonly<Record<"segments" | "contents" | "triggers" | "recommendations", readonly Named[]>>;
  const rules = await engine.ask<Rules>("GET", "/v1/rules");
  if (rules.is === "no") return;
  const { segments, contents, triggers, recommendations } = rules.answer;
  const names = [
    ...new Set([...segments, ...contents, ...triggers, ...recommendations].map(({ name }) => name)),
  ].sort();
  if (names.includes(rule)) return;
  const near = nearest(rule, names);
  const more =
    names.length > shownNamesMax ? ` and ${names.length - shownNamesMax} more: \`vif explain\` shows all` : "";
  const some = `There are ${names.slice(0, shownNamesMax).join(", ")}${more}.`;
  err(near === undefined ? some : `Did you mean "${near}"?`);
}
