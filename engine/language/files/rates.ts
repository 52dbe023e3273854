/** What files about sending say in words: a length of time, `2 per 7 days`, `best of [sms, email]`. */
import { triggerCountMax } from "../../limits.ts";
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { checkDuration } from "../check/check-duration.ts";
import type { RateSource } from "../plan/checked-trigger.ts";
import type { Report } from "../source/problem.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";
import { readText } from "./mapping.ts";

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
  report({ code: "bad_number", span: text.span, message });
  return undefined;
}

export interface Channels {
  readonly names: readonly string[];
  readonly text: YamlText;
}

/** `email`, or `best of [whatsapp, sms, email]`, the most wanted first. */
export function readChannels(value: YamlValue | undefined, report: Report): Channels | undefined {
  const text = readText(value, "how it is sent", report);
  if (text === undefined) return undefined;
  const list = /^best of \[\s*([^\]]*?)\s*\]$/.exec(text.value)?.[1];
  const names = list === undefined ? [text.value] : list.split(/\s*,\s*/);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (names.every((name) => /^[a-z]+$/.test(name))) {
    if (twice === undefined) return { names, text };
    const message = `\`${twice}\` stands twice among the channels`;
    report({ code: "wrong_shape", span: text.span, message, suggestion: "name each once, the most wanted first" });
    return undefined;
  }
  report({
    code: "wrong_shape",
    span: text.span,
    message: `\`${text.value}\` is no way to send`,
    suggestion: "write one channel, `email`, or several from the best down: `best of [whatsapp, sms, email]`",
  });
  return undefined;
}
