/**
 * What triggers promise, held against the journals alone: a cause sets a trigger off once, whatever became of the shard
 * meanwhile; what falls due with time fires however late it is worked off, once; nothing fires that has no cause.
 */
import type { ProfileId } from "../../engine/model/ids.ts";
import type { DecidedRecord, JournalRecord } from "../../engine/model/record.ts";
import { messageIdOf } from "../../engine/model/trigger.ts";
import type { DurableBatch } from "./ledger.ts";
import type { Model } from "./model.ts";
import type { FinalState } from "./oracle.ts";
import { planDigest, RARE, thanksFrom, TICK_MS, type TriggerName, type Variant, VARIANTS } from "./sample-rules.ts";

/** A wake-up is worked off this long after it is due, once everything rests. */
const LATE_MS_MAX = 5_000;

/** One shard's journal, record by record. */
export function* recordsOf(journal: readonly DurableBatch[]): Iterable<{ record: JournalRecord; instant: number }> {
  for (const { batch } of journal) for (const record of batch.records) yield { record, instant: batch.instant };
}

export function checkTriggers({ ledger, reads }: FinalState, model: Model): readonly string[] {
  // Whoever has lost records for good may decide again what they held.
  if (ledger.excusedRecords > 0) return [];
  const problems: string[] = [];
  const messages = new Set<string>();
  const ticks = new Map<ProfileId, number[]>();
  const created = new Map<ProfileId, number>();
  for (const journal of ledger.journals) problems.push(...checkShard(journal, { messages, ticks, created }));
  for (const { profile, instants } of reads) {
    if (profile === undefined || model.rootOf(profile) !== profile) continue;
    const began = created.get(profile);
    const due = Math.floor((instants[0] - LATE_MS_MAX) / TICK_MS) * TICK_MS;
    if (began === undefined || due <= began) continue;
    const own = [...ticks].flatMap(([of, at]) => (model.rootOf(of) === profile ? at : []));
    if (!own.some((at) => at >= due)) problems.push(`${profile} was due at ${due} and nothing fired`);
  }
  return problems;
}

interface Seen {
  readonly messages: Set<string>;
  readonly ticks: Map<ProfileId, number[]>;
  readonly created: Map<ProfileId, number>;
}

function checkShard(journal: readonly DurableBatch[], { messages, ticks, created }: Seen): readonly string[] {
  const problems: string[] = [];
  let variant: Variant | undefined;
  /** Causes that the records so far have given and that nothing has fired for yet. */
  const wanted = new Map<string, string>();
  const rare = new Map<ProfileId, number[]>();
  const ofAbsorbed = new Map<ProfileId, Set<number>>();
  let paused: readonly string[] = [];
  for (const { record, instant } of recordsOf(journal)) {
    if (record.kind === "plan") variant = VARIANTS.find((each) => planDigest(each) === record.digest);
    else if (record.kind === "control") paused = record.orders.paused;
    else if (record.kind === "event") {
      const { event, profile } = record;
      if (!created.has(profile)) created.set(profile, instant);
      if (event.name !== "order_completed" || paused.includes("thanks")) continue;
      if (variant === undefined || Number(event.fields["total"] ?? 0) < thanksFrom(variant)) continue;
      const { name, source, messageId } = event;
      const cause = { is: "event", name, source, messageId } as const;
      wanted.set(messageIdOf("thanks", profile, cause), `the order ${messageId} of ${profile}`);
    } else if (record.kind === "transition") {
      const { profile, segment, entered, epoch } = record;
      if (segment !== "gold" || !entered || paused.includes("golden")) continue;
      const cause = { is: "segment", segment, entered, epoch } as const;
      wanted.set(messageIdOf("golden", profile, cause), `entry ${epoch} of ${profile} into gold`);
    } else if (record.kind === "received" && record.body.ask === "absorb" && record.result.is === "done") {
      const { winner, loser } = record.body;
      const known = ofAbsorbed.get(winner) ?? new Set();
      ofAbsorbed.set(winner, known);
      // What the loser had fired before it was sealed came with it.
      for (const at of ticks.get(loser) ?? []) known.add(at);
    } else if (record.kind === "decided") {
      const { message, profile, at } = record;
      if (messages.has(message)) problems.push(`${record.trigger} fired twice for ${profile} because of one cause`);
      messages.add(message);
      if (variant === undefined || record.plan !== planDigest(variant))
        problems.push(`${record.trigger} of ${profile} names the plan ${record.plan}, not the shard's`);
      if (paused.includes(record.trigger)) problems.push(`${record.trigger} fired for ${profile} while it was paused`);
      problems.push(...checkOne(record, instant, { wanted, rare }));
      if ((record.trigger as TriggerName) !== "tick") continue;
      if (ofAbsorbed.get(profile)?.has(at) === true)
        problems.push(`tick ${at} fired for ${profile}, and had for one that it has absorbed`);
      ticks.set(profile, [...(ticks.get(profile) ?? []), at]);
    }
  }
  for (const [, what] of wanted) problems.push(`nothing fired because of ${what}`);
  return problems;
}

function checkOne(
  { trigger, profile, message, at, cause }: DecidedRecord,
  instant: number,
  { wanted, rare }: { readonly wanted: Map<string, string>; readonly rare: Map<ProfileId, number[]> },
): readonly string[] {
  const problems: string[] = [];
  if (message !== messageIdOf(trigger, profile, cause))
    problems.push(`a message of ${profile} is not named by its cause`);
  // What events complete may be dated ahead of the clock; what time completes is not.
  if (at > instant && trigger !== "followed") problems.push(`${trigger} of ${profile} fired before it was due`);
  switch (trigger as TriggerName) {
    case "thanks":
    case "golden":
      if (!wanted.delete(message)) problems.push(`${trigger} fired for ${profile} without a cause`);
      break;
    case "rare": {
      const before = (rare.get(profile) ?? []).filter((earlier) => Math.abs(earlier - at) < RARE.windowMs);
      if (before.filter((earlier) => earlier <= at).length >= RARE.count)
        problems.push(`rare fired for ${profile} more than ${RARE.count} times in an hour`);
      rare.set(profile, [...(rare.get(profile) ?? []), at]);
      break;
    }
    case "left":
    case "followed":
      // sequence-oracle.ts
      break;
    case "tick":
      if (at % TICK_MS !== 0) problems.push(`tick of ${profile} fired at ${at}`);
  }
  return problems;
}
