/** `location within 10 km of store lyon-1`, `of any store`, `of [45.76, 4.84]`: as the crow flies, the edge included. */
import { metresBetween, packPlace, printPlace } from "../../model/place.ts";
import type { ConditionOf } from "../plan/checked.ts";
import { anyTime } from "../time/alarms.ts";
import { join, js, literal } from "../compile/code.ts";
import { typeName } from "../check/value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

const UNITS_M: Readonly<Record<string, number>> = { km: 1_000, m: 1 };

export const checkNearPlace: Check<"near-place"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  const { count, unit, target } = syntax;
  const to = target.kind === "point" ? packPlace(target.latitude, target.longitude) : checking.places(target);
  if (target.kind === "point" && to === undefined) {
    const message = "there is no such place: latitudes go to 90 and longitudes to 180";
    checking.report({ code: "bad_number", span: target.span, message, suggestion: "write `[latitude, longitude]`" });
  }
  const unitM = UNITS_M[unit.name];
  if (unitM === undefined) {
    const message = `\`${unit.name}\` is not a unit of distance`;
    checking.report({ code: "bad_duration", span: unit.span, message, suggestion: "write `km` or `m`" });
  }
  if (left === undefined || to === undefined || unitM === undefined) return undefined;
  if (left.type.type !== "place") {
    const message = `\`${left.written}\` is ${typeName(left.type)}, not a place`;
    checking.report({ code: "not_applicable", span: syntax.left.span, message, suggestion: "declare it as `place`" });
    return undefined;
  }
  const named = target.kind === "point" ? null : { group: target.group.name, name: target.name?.name ?? null };
  return {
    kind: "near-place",
    left: left.operand,
    metres: Math.round(count * unitM),
    places: typeof to === "number" ? [to] : to,
    named,
  };
};

function targetText({ places, named }: ConditionOf<"near-place">): string {
  if (named === null) return printPlace(places[0] ?? 0);
  return named.name === null ? `any ${named.group}` : `${named.group} ${named.name}`;
}

function distanceText(metres: number): string {
  return metres % 10 === 0 && metres >= 1_000 ? `${metres / 1_000} km` : `${metres} m`;
}

export const nearPlace: KindOf<"near-place"> = {
  ...quiet,
  operands: (node) => [node.left],
  alarms: (node) => anyTime(node.left),
  holds: (node, facts) => {
    const left = facts.value(node.left);
    return typeof left === "number" && node.places.some((place) => metresBetween(left, place) <= node.metres);
  },
  compile: (node, emit) => {
    const left = emit.operand(node.left);
    const places = join(
      node.places.map((place) => literal(place)),
      ",",
    );
    // Of what is unknown no distance is known, and NaN is within nothing.
    return js`R.isNear(${left}, ${literal(node.metres)}, [${places}])`;
  },
  print: (node, printing) =>
    `${printing.operand(node.left)} within ${distanceText(node.metres)} of ${targetText(node)}`,
  say: (node, saying) => [`${saying.operand(node.left)} is within ${distanceText(node.metres)} of ${targetText(node)}`],
};
