/**
 * What was found, as a person is told of it, and how it is put right. No value that names anybody is in it: a cell is told
 * by its kind and a digest.
 */
import { createHash } from "node:crypto";
import type { CellKey } from "../model/identifier.ts";
import type { Position, ProfileId, ShardId } from "../model/ids.ts";
import type { ShardFix } from "../shard/port.ts";
import { driftRecordsMax } from "../limits-of-reconcile.ts";
import { causeOf } from "./comparable.ts";
import type { CellDrift, MessageDrift } from "./compare-part.ts";
import type { PersonDrift } from "./compare-people.ts";
import type { OpenMessage } from "./shard-messages.ts";
import type { HistoryFlaw } from "./history-records.ts";
import type { Drift, DriftCause } from "./port.ts";

export interface Fixable {
  /** The same in every look. */
  readonly name: string;
  readonly drift: Drift;
  /** undefined: only a person can mend it. */
  readonly fix: { readonly shard: ShardId; readonly fix: ShardFix; readonly keepsLive: boolean } | undefined;
}

const FOUND = { profile: undefined, sections: [], records: [], outcome: "found" } as const;

export function personDrift(shard: ShardId, person: PersonDrift, upTo: Position): Fixable {
  const { id, is, sections, contradicted, row, records, flaw } = person;
  // When somebody is woken is on no record.
  if (is === "oversleeps") return wakeUpDrift(shard, person);
  const cause = flaw ?? causeOfPerson(person);
  const told = [
    ...sections,
    ...contradicted.map((name) => ({ name: `segments.${name}`, live: undefined, history: undefined })),
  ];
  const drift: Drift = {
    ...FOUND,
    shard,
    cause,
    about: `profile ${id}`,
    profile: id,
    sections: told,
    records: records.slice(-driftRecordsMax),
  };
  // Where the records are not to be trusted, or say the same, live is recorded as it is, and looked at by its rules anew.
  // Of who is stale live has not all either, and was brought forward.
  const keepsLive = flaw !== undefined && is !== "missing" && is !== "stale";
  const isNobodys = row === undefined && !keepsLive;
  if (isNobodys) return { name: id, drift, fix: undefined };
  const stands =
    keepsLive || is === "contradicted" || row === undefined ? undefined : Buffer.from(row).toString("base64");
  return { name: id, drift, fix: { shard, fix: { of: "profile", profile: id, row: stands, upTo }, keepsLive } };
}

function wakeUpDrift(shard: ShardId, person: PersonDrift): Fixable {
  const { id, sections } = person;
  const cause = causeOfPerson(person);
  const drift: Drift = { ...FOUND, shard, cause, about: `profile ${id}`, profile: id, sections };
  return { name: id, drift, fix: { shard, fix: { of: "wake_up", profile: id }, keepsLive: false } };
}

function causeOfPerson({ is, sections }: PersonDrift): DriftCause {
  switch (is) {
    case "stale":
      return "lost_checkpoint";
    case "missing":
      return "lost_profile";
    case "unknown":
      return "unknown_profile";
    case "contradicted":
      return "contradicted_membership";
    case "oversleeps":
      return "lost_wake_up";
    case "ahead":
      return "edited_store";
    case "differs":
      return causeOf(sections);
  }
}

export function cellDrift(shard: ShardId, { cell, found, to }: CellDrift): Fixable {
  const sections = [{ name: "cell", live: found, history: to }];
  const drift: Drift = { ...FOUND, shard, cause: "wrong_cell", about: `cell ${nameOfCell(cell)}`, sections };
  return { name: cell, drift, fix: { shard, fix: { of: "cell", cell, from: found, to }, keepsLive: false } };
}

/** An identifier's value is nobody's business in a report. */
function nameOfCell(cell: CellKey): string {
  const kind = /^[a-z]+/.exec(cell)?.[0] ?? "cell";
  return `${kind} #${createHash("sha256").update(cell).digest("hex").slice(0, 12)}`;
}

export function messageDrift(shard: ShardId, message: MessageDrift): Fixable {
  const { to, n, body, position } = message;
  const drift: Drift = {
    ...FOUND,
    shard,
    cause: "lost_message",
    about: `message ${n} (${body.ask}) to shard ${to}`,
    records: [{ position, kind: "sent" }],
  };
  const name = `${to} ${n}`;
  // One that is kept is sent again and again: what keeps the other shard from answering is not here.
  if (message.is === "unanswered") return { name, drift, fix: undefined };
  return { name, drift, fix: { shard, fix: { of: "message", to, n, body }, keepsLive: false } };
}

export function halfMergedDrift(shard: ShardId, loser: ProfileId, { to, n, body, position }: OpenMessage): Fixable {
  const drift: Drift = {
    ...FOUND,
    shard,
    cause: "half_merged",
    about: `profile ${loser}`,
    profile: loser,
    records: [{ position, kind: "sent" }],
  };
  return { name: loser, drift, fix: { shard, fix: { of: "message", to, n, body }, keepsLive: false } };
}

export function flawDrift(shard: ShardId, { cause, from, to }: HistoryFlaw, outcome: Drift["outcome"]): Drift {
  const about = from === to ? `position ${from} of history` : `positions ${from} to ${to} of history`;
  return { ...FOUND, shard, cause, about, outcome };
}

export function behindDrift(shard: ShardId): Drift {
  return { ...FOUND, shard, cause: "history_behind", about: `shard ${shard}`, outcome: "not_repaired" };
}
