/** `holdout: 10%`, or `10% by spring`, wherever a file of rules has it. */
import type { Holdout } from "../../model/holdout.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { YamlValue } from "../source/yaml-source.ts";
import { readText } from "./mapping.ts";

export interface WrittenHoldout extends Holdout {
  readonly span: Span;
}

/** @param name by which people are drawn where none is written */
export function readHoldout(value: YamlValue | undefined, name: string, report: Report): WrittenHoldout | undefined {
  const text = readText(value, "a holdout", report);
  if (text === undefined) return undefined;
  const { span } = text;
  const [, percent, salt] = /^(\d{1,2}(?:\.\d+)?) ?%(?:\s+by\s+["']?([\w-]{1,100})["']?)?$/.exec(text.value) ?? [];
  if (percent !== undefined && Number(percent) > 0) return { percent: Number(percent), salt: salt ?? name, span };
  const suggestion = "write `10%`, or `10% by NAME` for the same people as elsewhere";
  report({ code: "bad_number", span, message: "a holdout is a percentage under 100", suggestion });
  return undefined;
}
