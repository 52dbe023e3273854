import { expect, it } from "vitest";
import { soundSource } from "../language/compile/sound-rules-fixtures.ts";
import { trialOf } from "./rule-trial.ts";

const names = Array.from({ length: 20 }, (_, at) => `s${String(at).padStart(2, "0")}`);
const source = soundSource({
  "events/looked.yaml": "event: looked\n",
  ...Object.fromEntries(
    names.map((name) => [`segments/${name}.yaml`, `segment: ${name}\nwhen: count of looked >= 1\n`]),
  ),
  "recommendations/liked.yaml": "recommendation: liked\nbased on: popular\n",
});

function refused(rule: string): string | undefined {
  const trial = trialOf({ rule, since: 0 }, source, 1_000);
  return "refused" in trial ? trial.message : undefined;
}

it("a recommendation is no rule that is tried over the past, and that is said with what tells of it", () => {
  expect(refused("liked")).toMatch(/^liked is a recommendation: .*`vif why WHO liked`/);
});

it("a rule that is not there is told with the nearest name, or some of those that are", () => {
  expect(refused("s0x")).toMatch(/^There is no rule of that name\. Did you mean s0\d\?$/);
  expect(refused("something-else-entirely")).toMatch(/There are s00, .*s11 and 8 more: `vif explain` shows all\.$/);
});
