/** `segments/*.yaml`: their order of dependency, and each one's condition against all names. */
import type { SegmentSource } from "../plan/checked.ts";
import { collectUses } from "./data-use.ts";
import type { SegmentDeclaration } from "../files/rule-declarations.ts";
import type { CheckedPart, NamesDraft, Read, RuleSet } from "./rule-kind.ts";
import { orderSegments } from "./segment-order.ts";

type Segments = readonly Read<SegmentDeclaration>[];

export function declareSegments(reads: Segments, names: NamesDraft): void {
  const byName = new Map(reads.map((read) => [read.declaration.name.name, read]));
  const order = orderSegments(new Map([...byName].map(([name, { declaration }]) => [name, declaration.when])));
  for (const circle of order.circles) {
    const message =
      circle.names.length === 2
        ? `\`${circle.names[0]}\` refers to itself`
        : `segments refer to each other in a circle: ${circle.names.join(" -> ")}`;
    byName.get(circle.names[0] ?? "")?.report({
      code: "segment_cycle",
      span: circle.reference.span,
      message,
      suggestion: "take one of the references out",
    });
  }
  for (const name of byName.keys()) names.segments.set(name, -1);
  for (const [index, name] of order.names.entries()) names.segments.set(name, index);
}

export function checkSegments(reads: Segments, set: RuleSet): CheckedPart {
  const { segments } = set.vocabulary;
  const place = ({ declaration }: Read<SegmentDeclaration>): number => segments.get(declaration.name.name) ?? -1;
  // Those in a circle come last: they are checked too, for their other problems.
  const inOrder = [...reads].sort((a, b) => (place(a) >>> 0) - (place(b) >>> 0));
  const checked = inOrder.flatMap((read): readonly SegmentSource[] => {
    const { name, when } = read.declaration;
    const uses = collectUses();
    const condition = when === undefined ? undefined : set.checking(read, { uses }).condition(when);
    set.segmentFields.add(name.name, uses);
    return condition === undefined ? [] : [{ name: name.name, when: condition }];
  });
  return { plan: { segments: checked } };
}
