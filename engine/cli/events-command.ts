/** `vif events`: what happens on all nodes, as it happens. */
import type { LiveEntries } from "../control/live-port.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { renderEntry } from "./events-text.ts";

const HELP = `Shows what happens as it happens, on all nodes: events, receipts, segments entered and left,
triggers that fire, decisions told.

Usage: vif events --follow [--only KINDS] [--name EVENT] [--count N] [--json]

Options:
  --follow       go on until Ctrl-C
  --only KINDS   some of event, receipt, transition, fired, message, decided, with commas; all when absent
  --name EVENT   events of this name only, such as order_completed
  --count N      end after so many lines
  --json         one JSON object a line
  --help         this text

It is a sample for people's eyes: under load some are left out, and it says how many. History has them all: \`vif report\`.

Examples:
  vif events --follow
  vif events --follow --only transition
  vif events --follow --only receipt
  vif events --follow --name order_completed --json | jq .fields

Exit codes: 0 ended, 1 no engine runs, 2 not understood.`;

export interface EventsSurroundings {
  readonly client: () => Promise<EngineClient>;
  readonly nearest: Nearest;
  /** Aborted by Ctrl-C. */
  readonly interrupted: () => AbortSignal;
}

export function createEventsCommand({ client, nearest, interrupted }: EventsSurroundings): Command {
  return {
    name: "events",
    summary: "follow what happens, line by line",
    help: HELP,
    async run(args, terminal) {
      const form = { flags: ["follow", "json"], values: ["only", "name", "count"], words: [] } as const;
      const { flags, values } = parseArguments(args, form, nearest);
      if (!flags.follow) throw new UsageError("Say --follow: what has happened already is in `vif report`.");
      const { LIVE_ONLY } = await import("../control/live-port.ts");
      const kinds = (values.only ?? (values.name === undefined ? LIVE_ONLY.join(",") : "event")).split(",");
      const unknown = kinds.find((kind) => !LIVE_ONLY.some((known) => known === kind));
      if (unknown !== undefined) throw new UsageError(`--only "${unknown}": it may be ${LIVE_ONLY.join(", ")}.`);
      const most = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
      if (!(most >= 1)) throw new UsageError("--count wants a number of at least 1.");
      const ended = new AbortController();
      const signal = AbortSignal.any([ended.signal, interrupted()]);
      let shown = 0;
      const { out, err, outStyle, errStyle, columns } = terminal;
      const each = (name: string, data: string): void => {
        if (name !== "entries") return;
        const { entries, skipped } = JSON.parse(data) as LiveEntries;
        for (const entry of entries) {
          if (values.name !== undefined && (entry.is !== "event" || entry.name !== values.name)) continue;
          if (shown >= most) break;
          shown += 1;
          out(flags.json ? JSON.stringify(entry) : renderEntry(entry, outStyle, columns));
        }
        if (skipped > 0 && !flags.json) err(errStyle.dim(`... and ${skipped} more that are not shown`));
        if (shown >= most) ended.abort();
      };
      const asked = await (await client()).listen(`/v1/live?only=${kinds.join(",")}`, each, signal);
      if (asked.is === "answer") return 0;
      sayNo(terminal, asked);
      return 1;
    },
  };
}
