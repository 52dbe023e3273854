/** `consent.yaml` and `pressure.yaml`: purposes, channels and caps; and whether a category or a channel is one. */
import { CHANNELS, isChannel, isVisited } from "../../model/message.ts";
import { checkHoldouts } from "./check-holdouts.ts";
import type { PressureSource, PurposeSource } from "../plan/checked-trigger.ts";
import type { ConsentDeclaration, PressureDeclaration } from "../files/rule-declarations.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { CheckedPart, NamesDraft, Read, RuleSet } from "./rule-kind.ts";
import type { Vocabulary } from "./vocabulary.ts";
import type { YamlText } from "../source/yaml-source.ts";

/** What a message can be about where consent.yaml says nothing of it. */
const CATEGORIES = ["marketing", "transactional"];

export function declarePurposes(reads: readonly Read<ConsentDeclaration>[], names: NamesDraft): void {
  for (const { declaration } of reads) {
    names.purposesWhole = declaration.whole;
    for (const { name, channels } of declaration.purposes)
      names.purposes.set(
        name.value,
        channels.map(({ value }) => value),
      );
  }
}

export function checkConsent([read]: readonly Read<ConsentDeclaration>[], set: RuleSet): CheckedPart {
  if (read === undefined) return {};
  const purposes: Record<string, PurposeSource> = {};
  for (const { name, title, channels, unasked } of read.declaration.purposes) {
    for (const channel of channels) checkChannel(channel, read.report);
    if (name.value === "transactional") {
      const message = "`transactional` is what is owed to a customer, and asks for no consent";
      read.report({ code: "not_applicable", span: name.span, message, suggestion: "leave it out" });
    }
    const titled = Object.keys(title).length > 0 ? { title } : {};
    purposes[name.value] = { ...titled, channels: channels.map(({ value }) => value), unasked };
  }
  const { tracking } = read.declaration;
  if (tracking !== undefined && !Object.hasOwn(purposes, tracking.value) && read.declaration.whole) {
    const suggestion = suggestName(tracking.value, Object.keys(purposes), "purposes");
    read.report({
      code: "unknown_choice",
      span: tracking.span,
      message: `\`${tracking.value}\` is none of the purposes above`,
      suggestion,
    });
  }
  const [brand] = set.reads("brand").map(({ declaration }) => declaration.title);
  const named = brand === undefined ? {} : { brand };
  const tracked = tracking === undefined ? {} : { tracking: tracking.value };
  return { plan: { consent: { ...named, ...tracked, purposes } } };
}

export function checkPressure([read]: readonly Read<PressureDeclaration>[], set: RuleSet): CheckedPart {
  checkHoldouts(set);
  if (read === undefined) return {};
  const { vocabulary } = set;
  const { report, declaration } = read;
  const reachOf = ({
    category,
    channel,
  }: PressureDeclaration["caps"][number] | PressureDeclaration["quiet"][number]) => {
    if (category !== undefined) checkCategory(category, vocabulary, report);
    if (channel !== undefined) checkChannel(channel, report);
    return { category: category?.value ?? null, channel: channel?.value ?? null };
  };
  for (const { channel } of declaration.quiet) {
    if (channel === undefined || !isChannel(channel.value) || !isVisited(channel.value)) continue;
    const message = `who is shown something by \`${channel.value}\` has come by themselves, and no hour is quiet then`;
    const suggestion = "leave it out, or name a channel that comes to people: `sms`";
    report({ code: "not_applicable", span: channel.span, message, suggestion });
  }
  const { holdout } = declaration;
  const pressure: PressureSource = {
    caps: declaration.caps.map((cap) => ({ ...reachOf(cap), atMost: cap.atMost })),
    quiet: declaration.quiet.map((hours) => ({ ...reachOf(hours), fromMs: hours.fromMs, untilMs: hours.untilMs })),
    ...(holdout !== undefined && { holdout: { percent: holdout.percent, salt: holdout.salt } }),
  };
  return { plan: { pressure } };
}

export function checkCategory(text: YamlText, { purposes, purposesWhole }: Vocabulary, report: Report): void {
  const known = [...new Set([...CATEGORIES, ...purposes.keys()])];
  if (known.includes(text.value) || !purposesWhole) return;
  const message = `\`${text.value}\` is no category: \`transactional\`, or a purpose that customers consent to`;
  const suggestion = `${suggestName(text.value, known, "categories")}; purposes are declared in consent.yaml`;
  report({ code: "unknown_choice", span: text.span, message, suggestion });
}

export function checkChannel({ value, span }: YamlText, report: Report): boolean {
  if (isChannel(value)) return true;
  const suggestion = suggestName(value, CHANNELS, "channels");
  report({ code: "unknown_choice", span, message: `\`${value}\` is no channel`, suggestion });
  return false;
}
