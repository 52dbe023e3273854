/** `vif retain`: what is too old to be kept goes, by the engine that runs. */
import type { Retained } from "../control/night-steps-port.ts";
import { localTime } from "./engine-client.ts";
import type { NightStepForm } from "./night-step-command.ts";
import type { Style } from "./terminal.ts";

const HELP = `Removes what is too old to be kept: from history events whose file in rules/events says so, as in \`retention: 2 years\`;
values of fields of which rules/fields.yaml says so, from profiles, and from history the calls that said them; profiles of
which nobody knows whose they are, VIF_ANONYMOUS_DAYS after their last event, from the live store and a week later from
history; and messages that have come to nothing (\`vif outbox\`) after VIF_DEAD_LETTER_DAYS. Messages that wait, or have come to
nothing, and show such an event are not sent any more, and what decisions hold of it goes from history. It is done by itself
at the end of every night in which live was what history says.

Usage: vif retain [--dry-run] [--json]

Options:
  --dry-run   tells how many profiles, messages, values of which fields, and rows of which events would go, and changes
              nothing
  --json      one JSON object in place of text
  --help      this text

What profiles keep of these events stays (sums, counts, sequences), and so do receipts, points and segments. Rows go only
where the snapshot of a night stands for them, and not within a week of their acceptance; those that it does not cover yet
go with a later night. Then the disk is given back what they took. Stopped or killed at any point it is run again.

Examples:
  vif retain --dry-run
  vif retain
  vif retain --json | jq '.events[] | {name, rows}'

Exit codes: 0 done, 1 not, 2 not understood.`;

const FOR_EVER = "All events are kept for ever: no file of rules/events has a `retention`.";
const NUMBERS = new Intl.NumberFormat("en");

export const RETAIN: NightStepForm<Retained> = {
  name: "retain",
  summary: "remove what is too old to be kept",
  help: HELP,
  render,
};

function render(retained: Retained, { bold }: Style): string {
  const { events, fields = [], dryRun, compacted, anonymous, emptied, letters, shown } = retained;
  const verb = dryRun ? "would go" : "went";
  const later = (waiting: number): string =>
    waiting === 0 ? "" : `; ${NUMBERS.format(waiting)} more wait for the snapshot of a night`;
  const unread = (count: number): string =>
    count === 0 ? "" : `; ${NUMBERS.format(count)} cannot be read, and stay as they are`;
  const idle = [
    ...(anonymous === undefined
      ? []
      : [
          `${bold("Anonymous profiles")} without an event since ${localTime(anonymous.before)}: ${NUMBERS.format(anonymous.people)} ${verb}`,
        ]),
    ...(emptied === undefined ? [] : [emptiedText(emptied, dryRun)]),
    ...(letters === undefined
      ? []
      : [
          `${bold("Messages")} that had come to nothing before ${localTime(letters.before)}: ${NUMBERS.format(letters.messages)} ${verb}`,
        ]),
    ...(shown === undefined
      ? []
      : [
          `${bold("Messages")} that show an event that is too old: ${NUMBERS.format(shown.messages)} ${verb}`,
          `${bold("Decisions")} of messages that hold properties of such an event: ${NUMBERS.format(shown.decisions)} ${dryRun ? "would lose" : "lost"} them${later(shown.waiting)}${unread(shown.unreadable)}`,
        ]),
  ];
  const lines = events.map(
    ({ name, before, rows, waiting }) =>
      `${bold(name)}, from before ${localTime(before)}: ${NUMBERS.format(rows)} rows ${verb}${later(waiting)}`,
  );
  const values = fields.map(
    ({ name, before, people, rows, waiting }) =>
      `${bold(name)} of profiles, said before ${localTime(before)}: ${NUMBERS.format(people)} values and ${NUMBERS.format(rows)} rows ${verb}${later(waiting)}`,
  );
  const ofEvents = events.length === 0 ? [FOR_EVER] : lines;
  return [...idle, ...ofEvents, ...values, ...compactedText(compacted)].join("\n");
}

function emptiedText({ people, rows }: NonNullable<Retained["emptied"]>, dryRun: boolean): string {
  const of = `of ${NUMBERS.format(people)} that went a week ago or longer`;
  return dryRun ? `All rows ${of} would go from history` : `${NUMBERS.format(rows)} rows ${of} went from history`;
}

const NOT_COMPACTED = {
  busy: "Somebody reads history for long",
  no_room: "The disk is too full to write history anew, which takes as much room as is left of it",
};

function compactedText(compacted: Retained["compacted"]): readonly string[] {
  if (compacted === undefined) return [];
  if (typeof compacted === "string")
    return [`${NOT_COMPACTED[compacted]}: the disk is given back what they took by a later run.`];
  const megabytes = (bytes: number): string => NUMBERS.format(Math.ceil(bytes / 1_000_000));
  return [
    `History took ${megabytes(compacted.before)} MB of the disk, and takes ${megabytes(compacted.after)} MB now.`,
  ];
}
