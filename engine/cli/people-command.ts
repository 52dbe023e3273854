/**
 * `vif people`: finds somebody by what one remembers of them, as the directory does for tills and the overview page. What
 * it prints names them for `vif profile` and `vif why`.
 */
import type { Customer } from "../control/directory-port.ts";
import { peopleFoundMax } from "../limits.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Style } from "./terminal.ts";
import { printable } from "./terminal.ts";
import { renderTable, shorten } from "./text-table.ts";

const HELP = `Finds people by name, e-mail address, phone number or card, or by the beginnings of these.

Usage: vif people WORDS... [--limit N] [--json]

Each word must begin a word of what is known of somebody, or be a part of their phone number. At most ${peopleFoundMax} people are told,
who was identified last first; their segments and identifiers are as they are now.

Options:
  --limit N   at most so many, 1 to ${peopleFoundMax}
  --json      one JSON object in place of text
  --help      this text

Examples:
  vif people marie laur
  vif people marie@example.fr
  vif people "06 12 34"
  vif people mar --json | jq -r '.customers[].profile'

All that is known of one of them is shown by vif profile PROFILE.

Exit codes: 0 found, 1 nobody is known by that or no engine runs, 2 not understood.`;

const wordsMax = 20;
const cellsMax = 40;

/** @param client made when the command runs, for it reads settings */
export function createPeopleCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "people",
    summary: "find people by name, e-mail, phone or card",
    help: HELP,
    async run(args, terminal) {
      const form = { flags: ["json"], values: ["limit"], words: ["WORDS"], moreWordsMax: wordsMax } as const;
      const { flags, values, words } = parseArguments(args, form, nearest);
      const { limit } = values;
      if (limit !== undefined && !(/^\d+$/.test(limit) && Number(limit) >= 1 && Number(limit) <= peopleFoundMax))
        throw new UsageError(`--limit wants a number from 1 to ${peopleFoundMax}, not "${limit}".`);
      const query = { q: words.join(" "), limit };
      const asked = await (await client()).ask<{ readonly customers: readonly Customer[] }>(
        "GET",
        "/v1/customers",
        query,
      );
      if (asked.is === "no") {
        sayNo(terminal, asked);
        return 1;
      }
      const { customers } = asked.answer;
      if (flags.json) terminal.out(JSON.stringify(asked.answer, undefined, 2));
      else if (customers.length > 0) terminal.out(renderPeople(customers, terminal.outStyle));
      else terminal.err(terminal.errStyle.red("Nobody is known by that."));
      return customers.length > 0 ? 0 : 1;
    },
  };
}

const COLUMNS = ["Profile", "Name", "E-mail", "Phone", "Card", "Segments"] as const;

function renderPeople(customers: readonly Customer[], style: Style): string {
  const rows = customers.map(({ profile, name = "", emails, phones, cards, segments }) =>
    [profile, name, ...[emails, phones, cards, segments].map((all) => all.join(", "))].map((text) =>
      shorten(printable(text), cellsMax),
    ),
  );
  // A column in which nobody has anything says nothing.
  const shown = COLUMNS.flatMap((_, at) => (rows.some((row) => row[at] !== "") ? [at] : []));
  return renderTable(
    shown.map((at) => ({ title: COLUMNS[at] ?? "", align: "left" as const })),
    rows.map((row) => shown.map((at) => row[at] ?? "")),
    { title: style.bold },
  ).join("\n");
}
