/** `points: 1 per 1 EUR`, `10 per 2.50 EUR`: what an amount earns, as integers. */
import { receiptPointsMax } from "../../limits.ts";
import { PARTS_OF_UNIT } from "../../model/field-value.ts";
import type { Report } from "../source/problem.ts";
import type { YamlText } from "../source/yaml-source.ts";

export interface PointsRate {
  readonly points: number;
  /** In 1/10,000 of the currency's unit. */
  readonly per: number;
}

const RATE = /^(\d+) +per +(\d+(?:\.\d+)?)(?: +([A-Za-z]+))?$/;
export const pointsMax = 1_000_000;
const perMax = 100_000;

/** `at most: 5000`. */
export function readPointsNumber(text: YamlText | undefined, report: Report): number | undefined {
  if (text === undefined) return undefined;
  const points = /^\d+$/.test(text.value) ? Number(text.value) : 0;
  if (points >= 1 && points <= receiptPointsMax) return points;
  const message = `a receipt earns at most a whole number of points, from 1 to ${receiptPointsMax}`;
  report({ code: "bad_number", span: text.span, message, suggestion: "write `at most: 5000`" });
  return undefined;
}

/** @param currency the rule's own, which the rate may repeat */
export function readPointsRate(
  text: YamlText | undefined,
  currency: string | undefined,
  report: Report,
): PointsRate | undefined {
  if (text === undefined) return undefined;
  const refuse = (
    code: "condition_syntax" | "bad_number" | "type_mismatch",
    message: string,
    suggestion: string,
  ): undefined => {
    report({ code, span: text.span, message, suggestion });
    return undefined;
  };
  const example = `such as \`1 per 1 ${currency ?? "EUR"}\` or \`10 per 2.50 ${currency ?? "EUR"}\``;
  const match = RATE.exec(text.value.trim());
  if (match === null)
    return refuse("condition_syntax", "a rate is a number of points per an amount", `write it ${example}`);
  const [, pointsText = "", perText = "", named] = match;
  const points = Number(pointsText);
  const per = Math.round(Number(perText) * PARTS_OF_UNIT);
  if (points < 1 || points > pointsMax)
    return refuse("bad_number", `points are a whole number from 1 to ${pointsMax}`, `write it ${example}`);
  if ((perText.split(".")[1] ?? "").length > 4 || per < 1 || Number(perText) > perMax)
    return refuse(
      "bad_number",
      `the amount is from 0.0001 to ${perMax}, with at most four decimals`,
      `write it ${example}`,
    );
  if (named !== undefined && currency !== undefined && named !== currency)
    return refuse(
      "type_mismatch",
      `the rate is in ${named}, and the rule in ${currency}`,
      `write \`${pointsText} per ${perText} ${currency}\``,
    );
  return { points, per };
}
