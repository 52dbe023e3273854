/** Two streams whose definitions hash to the same number cannot live in one profile: a load error, never a silent mix. */
import { expect, it } from "vitest";
import { checkRules } from "../../engine/language/port.ts";
import { hashText } from "../../engine/model/hash.ts";

/** Among some 80,000 names two are bound to meet in 32 bits (the birthday problem). */
function collidingNames(): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let n = 0; ; n++) {
    const name = `event_${n}`;
    const other = seen.get(hashText(name));
    if (other !== undefined) return [other, name];
    seen.set(hashText(name), name);
  }
}

it("two streams with the same id are refused, with both named", () => {
  const [first, second] = collidingNames();
  const { plan, problems } = checkRules([
    { path: `events/${first}.yaml`, text: `event: ${first}\n` },
    { path: `events/${second}.yaml`, text: `event: ${second}\n` },
    { path: "segments/x.yaml", text: `segment: x\nwhen: count of ${first} >= 1 or count of ${second} >= 1\n` },
  ]);
  expect(plan).toBeUndefined();
  expect(problems).toMatchObject([{ code: "stream_collision", line: 2 }]);
  expect(problems[0]?.message).toContain(first);
});
