/** Segments refer to segments: the order in which they can be evaluated, or the circles that forbid one. */
import { partsOf } from "../files/when.ts";
import type { ConditionSyntax, Name } from "../grammar/syntax.ts";

export interface Circle {
  /** Names from a segment round to itself again: `a`, `b`, `a`. */
  readonly names: readonly string[];
  /** In the first of them, the reference that leads on. */
  readonly reference: Name;
}

export interface SegmentOrder {
  /** Those in no circle, dependencies first, else by name. */
  readonly names: readonly string[];
  readonly circles: readonly Circle[];
}

export function orderSegments(segments: ReadonlyMap<string, ConditionSyntax | undefined>): SegmentOrder {
  const references = new Map<string, readonly Name[]>();
  for (const [name, when] of segments) {
    references.set(name, when === undefined ? [] : referencesOf(when).filter(({ name: to }) => segments.has(to)));
  }
  const levels = new Map<string, number>();
  const circles: Circle[] = [];
  const inCircle = new Set<string>();
  const trail: Name[] = [];

  function levelOf(name: string): number {
    const known = levels.get(name);
    if (known !== undefined) return known;
    let level = 0;
    for (const reference of references.get(name) ?? []) {
      const from = trail.findIndex((step) => step.name === reference.name);
      if (from >= 0) {
        addCircle([...trail.slice(from + 1), reference]);
        continue;
      }
      trail.push(reference);
      level = Math.max(level, levelOf(reference.name) + 1);
      trail.pop();
    }
    levels.set(name, level);
    return level;
  }

  /** @param steps the references that lead round; the last one closes the circle */
  function addCircle(steps: readonly Name[]): void {
    const names = steps.map((step) => step.name);
    if (names.every((name) => inCircle.has(name))) return;
    for (const name of names) inCircle.add(name);
    const [reference] = steps;
    const last = names.at(-1);
    if (reference !== undefined && last !== undefined) circles.push({ names: [last, ...names], reference });
  }

  const sorted = [...segments.keys()].sort();
  for (const name of sorted) {
    trail.push({ name, span: { start: 0, end: 0 } });
    levelOf(name);
    trail.pop();
  }
  const names = sorted.filter((name) => !inCircle.has(name));
  names.sort((a, b) => (levels.get(a) ?? 0) - (levels.get(b) ?? 0) || (a < b ? -1 : 1));
  return { names, circles };
}

/** Every segment that a condition names, in the order written. */
function referencesOf(tree: ConditionSyntax): readonly Name[] {
  return "segment" in tree ? [tree.segment] : partsOf(tree).flatMap(referencesOf);
}
