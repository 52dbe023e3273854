/**
 * What delivery promises, held against the journals and what the provider has counted: a message is attempted one try after
 * the other and comes to one end; it is taken once, except where nobody could know and its rule would rather send it twice;
 * no cap is passed; nobody who has said no is written to; nothing goes by a paused channel; what a page or a till shows is
 * called for by nobody, and a page is shown it once its attempt is durable (sender.ts);
 * who is held out gets nothing, and that somebody has come to a holdout is on record, once.
 */
import { consentOf, type Consents, enterConsents, NO_CONSENTS, uniteConsents } from "../../engine/model/consent.ts";
import { isHeldOut } from "../../engine/model/holdout.ts";
import type { Instant, ProfileId } from "../../engine/model/ids.ts";
import { isVisited } from "../../engine/model/message.ts";
import type { AttemptRecord, DecidedRecord, JournalRecord, OutcomeRecord } from "../../engine/model/record.ts";
import { reaches } from "../../engine/model/sending.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import { consentsSaid } from "../../engine/profile/consent-said.ts";
import { decodeProfile } from "../../engine/profile/port.ts";
import type { FinalState } from "./oracle.ts";
import { UNANSWERED_MS_MAX } from "./provider.ts";
import { loadSamplePlan, planSource, SENDING, VISITED_MS } from "./sample-rules.ts";

interface Placed<Kind extends JournalRecord> {
  readonly record: Kind;
  readonly instant: Instant;
}

export function checkDeliveries({ ledger, provider, wallNow }: FinalState): readonly string[] {
  // Whoever has lost records for good may attempt again what they held.
  if (ledger.excusedRecords > 0) return [];
  const problems: string[] = [];
  const stories = new Map<MessageId, Placed<DecidedRecord | AttemptRecord | OutcomeRecord>[]>();
  for (const { batch } of ledger.journals.flat())
    for (const record of batch.records) {
      if (record.kind !== "decided" && record.kind !== "attempt" && record.kind !== "outcome") continue;
      const story = stories.get(record.message) ?? [];
      story.push({ record, instant: batch.instant });
      stories.set(record.message, story);
    }
  for (const [message, story] of stories) {
    const first = story.find(({ record }) => record.kind === "decided") as Placed<DecidedRecord> | undefined;
    if (first === undefined) {
      problems.push(`${message} is sent, and nobody has decided it`);
      continue;
    }
    problems.push(...checkStory(message, story, wallNow));
    const taken = provider.taken.get(message) ?? 0;
    if (taken > 1 && first.record.intent.ifUnknown === undefined)
      problems.push(`${first.record.trigger} (${message}) was taken ${taken} times`);
    const outcomes = story.flatMap(({ record }) => (record.kind === "outcome" ? [record.outcome.is] : []));
    if (story.some(({ record }) => record.kind === "attempt" && isVisited(record.channel))) {
      if (taken > 0) problems.push(`${message} is shown, and was taken by a provider`);
      continue;
    }
    if (taken > 0 && !outcomes.some((is) => is === "accepted" || is === "unknown") && isOver(story))
      problems.push(`${message} was taken, and is said to be ${outcomes.at(-1)}`);
    if (taken === 0 && outcomes.includes("accepted"))
      problems.push(`${message} is said to be accepted, and was never taken`);
  }
  for (const message of provider.taken.keys())
    if (!stories.has(message)) problems.push(`${message} was taken, and nobody had decided it`);
  for (const journal of ledger.journals) problems.push(...checkShard(journal.map(({ batch }) => batch)));
  return problems;
}

type Story = readonly Placed<DecidedRecord | AttemptRecord | OutcomeRecord>[];

function outcomesOf(story: Story): readonly OutcomeRecord[] {
  return story.flatMap(({ record }) => (record.kind === "outcome" ? [record] : []));
}

function isOver(story: Story): boolean {
  return outcomesOf(story).some(({ again }) => again === undefined);
}

/**
 * Decided once; attempts 1, 2, 3 ..., each once, each but the last with an outcome that lets it be tried again; one end, and
 * no attempt after it. By numbers, as journals of two shards have no common order once a store has gone back in time.
 */
function checkStory(message: MessageId, story: Story, wallNow: Instant): readonly string[] {
  const problems: string[] = [];
  const attempts = story
    .flatMap(({ record, instant }) =>
      record.kind === "attempt"
        ? [{ number: record.attempt, endsMs: isVisited(record.channel) ? VISITED_MS : 0, instant }]
        : [],
    )
    .toSorted((a, b) => a.number - b.number);
  const outcomes = outcomesOf(story);
  if (story.filter(({ record }) => record.kind === "decided").length > 1) problems.push(`${message} is decided twice`);
  for (const [index, { number }] of attempts.entries())
    if (number !== index + 1) problems.push(`${message}: attempt ${number} is the ${index + 1}th`);
  const ends = outcomes.filter(({ again }) => again === undefined);
  // Taken for unknown, it may have come to a better end after all.
  const isCorrected = ends.length === 2 && ends.some(({ outcome }) => outcome.is === "unknown");
  if (ends.length > 1 && !(isCorrected && ends.some(({ outcome }) => outcome.is === "accepted")))
    problems.push(`${message} ends as ${ends.map(({ outcome }) => outcome.is).join(" and as ")}`);
  for (const { number, instant, endsMs } of attempts) {
    const own = outcomes.filter(({ attempt }) => attempt === number);
    const isLast = number === attempts.length;
    if (!isLast && !own.some(({ again }) => again !== undefined))
      problems.push(
        `${message} is tried again after attempt ${number}, which came to ${own[0]?.outcome.is ?? "nothing"}`,
      );
    if (isLast && own.length === 0 && wallNow - instant > UNANSWERED_MS_MAX + endsMs)
      problems.push(`nobody answers for attempt ${number} of ${message} of ${instant}`);
  }
  return problems;
}

/** Caps and consent, profile by profile as the shard's own records tell. */
function checkShard(batches: readonly { readonly instant: Instant; readonly records: readonly JournalRecord[] }[]) {
  const problems: string[] = [];
  const consents = new Map<ProfileId, Consents>();
  const intents = new Map<MessageId, DecidedRecord["intent"]>();
  const sent = new Map<ProfileId, { readonly of: AttemptRecord; readonly at: Instant; counts: boolean }[]>();
  const plan = loadSamplePlan(planSource("a"));
  let pausedChannels: readonly string[] = [];
  const exposed = new Map<ProfileId, Set<string>>();
  const exposedOf = (profile: ProfileId): Set<string> => {
    const known = exposed.get(profile) ?? new Set();
    exposed.set(profile, known);
    return known;
  };
  for (const { instant, records } of batches)
    for (const record of records) {
      if (record.kind === "exposed") {
        const { profile, holdout: salt, percent, heldOut } = record;
        if (heldOut !== isHeldOut(profile, { salt, percent }))
          problems.push(`${profile} is in the wrong group of ${salt}`);
        if (exposedOf(profile).has(`${salt} ${heldOut}`)) problems.push(`${profile} came twice to ${salt}`);
        exposedOf(profile).add(`${salt} ${heldOut}`);
      } else if (record.kind === "control") ({ pausedChannels } = record.orders);
      else if (record.kind === "event") {
        const said = consentsSaid(record.event);
        consents.set(record.profile, enterConsents(consents.get(record.profile) ?? NO_CONSENTS, said));
      } else if (record.kind === "received" && record.body.ask === "absorb" && record.result.is === "done") {
        const { winner, loser, state } = record.body;
        if (state === "") continue;
        const other = decodeProfile(Buffer.from(state, "base64"), plan, loser);
        consents.set(winner, uniteConsents(consents.get(winner) ?? NO_CONSENTS, other.consents));
        for (const { message, intent } of other.agenda.waiting) intents.set(message, intent);
        for (const { holdout, heldOut } of other.exposures) exposedOf(winner).add(`${holdout} ${heldOut}`);
      } else if (record.kind === "decided") intents.set(record.message, record.intent);
      else if (record.kind === "attempt") {
        const { profile, message, channel, trigger } = record;
        if (pausedChannels.includes(channel))
          problems.push(`${trigger} was attempted for ${profile} by ${channel} while that was paused`);
        const category = intents.get(message)?.category ?? "";
        const { answer } = consentOf({ consents: consents.get(profile) ?? NO_CONSENTS }, category, channel);
        if (category !== "transactional" && answer === "refused")
          problems.push(`${trigger} was attempted for ${profile}, who has refused ${category} by ${channel}`);
        const own = intents.get(message)?.holdout;
        const everything = category === "transactional" ? undefined : SENDING.holdout;
        for (const holdout of [everything, own]) {
          if (holdout === undefined) continue;
          if (isHeldOut(profile, holdout)) problems.push(`${trigger} was attempted for ${profile}, who is held out`);
          if (!exposedOf(profile).has(`${holdout.salt} false`))
            problems.push(`${trigger} was attempted for ${profile}, who is not on record for ${holdout.salt}`);
        }
        const before = sent.get(profile) ?? [];
        for (const cap of SENDING.caps) {
          const counted = before.filter(
            ({ of, at, counts }) =>
              counts &&
              at > instant - cap.windowMs &&
              of.message !== message &&
              reaches(cap, intents.get(of.message)?.category ?? "", of.channel),
          );
          if (reaches(cap, category, channel) && counted.length >= cap.count)
            problems.push(`${profile} was sent more than ${cap.count} of ${cap.category} in ${cap.windowMs} ms`);
        }
        sent.set(profile, [...before, { of: record, at: instant, counts: true }]);
      } else if (
        record.kind === "outcome" &&
        record.outcome.is === "skipped" &&
        record.outcome.reason === "holdout" &&
        ![...exposedOf(record.profile)].some((each) => each.endsWith(" true"))
      )
        problems.push(`${record.trigger} was kept from ${record.profile}, who is on record for no holdout`);
      else if (
        record.kind === "outcome" &&
        ["failed", "throttled", "rejected", "not called", "skipped"].includes(record.outcome.is)
      )
        for (const each of sent.get(record.profile) ?? []) if (each.of.message === record.message) each.counts = false;
    }
  return problems;
}
