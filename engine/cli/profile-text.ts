/** One person as a person reads it: who it is, what is known, segments, what is shown, what is kept for rules. Pure. */
import type { ProfileReport } from "../control/profile-port.ts";
import { messageText } from "./message-text.ts";
import { localTime } from "./engine-client.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";
import { renderTable, shorten } from "./text-table.ts";
import type { Column } from "./text-table.ts";

/** @param columns of the terminal; undefined: lines are not cut */
export function renderProfile(profile: ProfileReport, style: Style, columns: number | undefined): string {
  const { bold, dim, yellow } = style;
  const known = profile.identifiers.map(({ kind, value, state }) => [
    kind,
    printable(value),
    state === "bound" ? "" : state,
  ]);
  const attributes = profile.attributes.map(({ name, value, at, source }) => [
    name,
    value === undefined ? "(cleared)" : printable(Array.isArray(value) ? value.join(", ") : String(value)),
    localTime(at),
    printable(source),
  ]);
  const segments = profile.segments.map(({ name, inside, entries, since }) => [
    name,
    inside ? "in" : "out",
    since === undefined ? "" : localTime(since),
    String(entries),
  ]);
  const decisions = profile.decisions.map(({ content, show, because, heldOut }) => [
    content,
    show,
    because ?? (heldOut === undefined ? "otherwise" : `held out by ${heldOut}`),
  ]);
  const holdouts = profile.holdouts.map(({ holdout, heldOut, at }) => [
    holdout,
    heldOut ? "held out" : "treated",
    localTime(at),
  ]);
  const consents = profile.consents.map(({ purpose, channel, answer, at, source, wording }) => [
    purpose === "*" ? "any" : purpose,
    channel === "*" ? "any" : channel,
    answer,
    localTime(at),
    printable(source),
    printable(wording ?? ""),
  ]);
  const fired = profile.fired.map(({ trigger, at, message, now }) => [
    trigger,
    localTime(at),
    message,
    now === undefined ? "" : messageText(now),
  ]);
  const streams = profile.streams.map(({ key, count, sum, first, last }) => [
    printable(key),
    String(count),
    sum === count ? "" : String(sum),
    localTime(first),
    localTime(last),
  ]);
  const { balance, entries, receipts } = profile.ledger;
  const points = (count: number): string => (count === 0 ? "" : NUMBERS.format(count));
  const ledger = receipts.map(({ receiptId, store, till, kind, at, earned, reversed, balance: after, flags }) => [
    printable(receiptId),
    kind,
    `${printable(store)} ${printable(till)}`,
    localTime(at),
    points(earned),
    kind === "return" ? points(reversed) : "",
    after === undefined ? "" : NUMBERS.format(after),
    printable(flags.join(" ")),
  ]);
  const left = (title: string): Column => ({ title, align: "left" });
  const right = (title: string): Column => ({ title, align: "right" });
  const fit = (line: string): string => (columns === undefined ? line : shorten(line, columns - 2));
  const section = (title: string, form: readonly Column[], rows: readonly (readonly string[])[]): string => {
    const lines = rows.length === 0 ? [dim("none")] : renderTable(form, rows, { title: dim });
    return [bold(title), ...lines.map((line, index) => `  ${index === 0 ? line : fit(line)}`)].join("\n");
  };
  const wake = profile.wakeUp === undefined ? "" : `, looks again at ${localTime(profile.wakeUp)}`;
  const absorbed = profile.absorbed.length === 0 ? "" : `, made one with ${profile.absorbed.join(", ")}`;
  return [
    `${bold(`Profile ${profile.profile}`)}\n${dim(`  began ${localTime(profile.created)}, last change ${localTime(profile.lastChange)}${wake}${absorbed}`)}\n${dim(`  shard ${profile.shard}, record ${profile.position}, rules ${profile.plan.slice(0, 8)}, told for ${localTime(profile.at)}`)}`,
    section("Known by", [left("kind"), left("value"), left("")], known),
    section("Attributes", [left("name"), left("value"), left("said"), left("by")], attributes),
    section(
      "Consent",
      [left("purpose"), left("channel"), left("answer"), left("said"), left("by"), left("wording")],
      consents,
    ),
    section("Segments", [left("name"), left("now"), left("since"), right("entered")], segments),
    section("Decisions", [left("place"), left("shows"), left("because")], decisions),
    ...(holdouts.length === 0 ? [] : [section("Holdouts", [left("name"), left("group"), left("since")], holdouts)]),
    section("Set off", [left("trigger"), left("when"), left("message"), left("")], fired),
    section(
      entries === 0
        ? "Loyalty"
        : `Loyalty: ${NUMBERS.format(balance)} points from ${NUMBERS.format(entries)} ${entries === 1 ? "receipt" : "receipts"}${receipts.length < entries ? `; the latest ${receipts.length}` : ""}`,
      [
        left("receipt"),
        left("kind"),
        left("store, till"),
        left("accepted"),
        right("earned"),
        right("taken back"),
        right("balance"),
        left("flags"),
      ],
      ledger,
    ),
    section("Kept for rules", [left("what"), right("events"), right("sum"), left("first"), left("last")], streams),
    ...profile.caveats.map((caveat) => yellow(caveat)),
  ].join("\n\n");
}

const NUMBERS = new Intl.NumberFormat("en-US");
