/** What files about sending say in words: a length of time, `2 per 7 days`, `best of [sms, email]`. */
import { triggerCountMax } from "../../limits.ts";
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { checkDuration } from "../check/check-duration.ts";
import type { RateSource } from "../plan/checked-trigger.ts";
import type { Report } from "../source/problem.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";
import { readText, shapeName } from "./mapping.ts";

export function readLength(value: YamlValue | undefined, what: string, report: Report): number | undefined {
  const text = readText(value, what, report);
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,9}(?:\.\d+)?)\s+(\p{L}+)$/u.exec(text.value) ?? [];
  if (count !== undefined && unit !== undefined) return lengthOf(count, unit, { text, report });
  report({
    code: "bad_duration",
    span: text.span,
    message: `${what} is a number and a unit`,
    suggestion: "write `6 hours`",
  });
  return undefined;
}

/** A length of time, or none at all: `0 seconds`. */
export function readWait(value: YamlValue | undefined, what: string, report: Report): number | undefined {
  if (value?.kind === "text" && /^0\s+(?:second|minute|hour)s?$/.test(value.value)) return 0;
  return readLength(value, what, report);
}

function lengthOf(
  count: string,
  unit: string,
  { text, report }: { readonly text: YamlText; readonly report: Report },
): number | undefined {
  const start = text.offsetAt(text.value.lastIndexOf(unit));
  const name = { name: unit, span: { start, end: text.offsetAt(text.value.lastIndexOf(unit) + unit.length) } };
  return checkDuration({ count: Number(count), unit: name, span: text.span }, ruleDurationMsMax, { report });
}

/** `1 per 7 days`, `3 per day`. */
export function readRate(value: YamlValue | undefined, report: Report): RateSource | undefined {
  const text = readText(value, "a rate", report);
  if (text === undefined) return undefined;
  const [, count, length = "1", unit] = /^(\d{1,6})\s+per\s+(?:(\d{1,9})\s+)?(\p{L}+)$/u.exec(text.value) ?? [];
  if (count === undefined || unit === undefined) {
    const suggestion = "write `1 per 7 days` or `3 per day`";
    report({ code: "wrong_shape", span: text.span, message: "a rate is a number and a length of time", suggestion });
    return undefined;
  }
  const windowMs = lengthOf(length, unit, { text, report });
  if (windowMs === undefined) return undefined;
  if (Number(count) >= 1 && Number(count) <= triggerCountMax) return { count: Number(count), windowMs };
  const message = `a rate counts from 1 to ${triggerCountMax}`;
  report({ code: "bad_number", span: text.span, message, suggestion: "write `1 per 7 days` or `3 per day`" });
  return undefined;
}

/** The most wanted first. */
export type Channels = readonly YamlText[];

/**
 * `email`, or several from the best down: `[whatsapp, sms, email]`, as words `best of [whatsapp, sms, email]`, which within
 * `{...}` YAML does not know for a text.
 */
export function readChannels(value: YamlValue | undefined, report: Report): Channels | undefined {
  if (value === undefined) return undefined;
  const names = value.kind === "list" ? value.parts : namesIn(value, report);
  if (names === undefined) return undefined;
  const channels = names.filter((name) => name.kind === "text" && /^[a-z]+$/.test(name.value)) as readonly YamlText[];
  if (channels.length < names.length || channels.length === 0) {
    const odd = names.find((name) => !(channels as readonly YamlValue[]).includes(name));
    const message = `${odd?.kind === "text" ? `\`${odd.value}\`` : odd === undefined ? "an empty list" : shapeName(odd)} is no way to send`;
    report({ code: "wrong_shape", span: odd?.span ?? value.span, message, suggestion: WAYS });
    return undefined;
  }
  const twice = channels.find(({ value: name }, index) => channels.findIndex((each) => each.value === name) < index);
  if (twice === undefined) return channels;
  const message = `\`${twice.value}\` stands twice among the channels`;
  report({ code: "wrong_shape", span: twice.span, message, suggestion: "name each once, the most wanted first" });
  return undefined;
}

const WAYS = "write one channel, `email`, or several from the best down: `[whatsapp, sms, email]`";

/** The channels of a line, each with its place in the file. */
function namesIn(value: YamlValue, report: Report): Channels | undefined {
  const text = readText(value, "how it is sent", report);
  const listed = text && /^(best of \[)([^\]]*)\]$/.exec(text.value);
  if (text === undefined || listed === null || listed === undefined) return text && [text];
  const [, { length: before } = "", list = ""] = listed;
  return [...list.matchAll(/[^\s,](?:[^,]*[^\s,])?/g)].map(({ 0: name, index }): YamlText => {
    const at = before + index;
    const span = { start: text.offsetAt(at), end: text.offsetAt(at + name.length) };
    return { kind: "text", value: name, span, offsetAt: (place) => text.offsetAt(at + place) };
  });
}
