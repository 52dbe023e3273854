/** Lists of people: by any identifier, however it is spelled, from whichever form of file. */
import { expect, it } from "vitest";
import { profileFacts } from "../../engine/language/plan/interpret.ts";
import { encodePlan, loadPlan, type RuleFile } from "../../engine/language/port.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

const fields: RuleFile = { path: "fields.yaml", text: "fields: {city: text}\n" };
const when: RuleFile = { path: "segments/x.yaml", text: 'segment: x\nwhen: in list "guests"\n' };
const files: readonly RuleFile[] = [
  {
    path: "lists/guests.yaml",
    text: 'list: guests\nmembers: [Marie@Example.fr, "+33 6 12 34 56 78", u 9, card-77 x]\n',
  },
  { path: "lists/guests.txt", text: "# invited\nMarie@Example.fr\n\n+33 6 12 34 56 78\nu 9\ncard-77 x\n" },
  { path: "lists/guests.csv", text: '"Marie@Example.fr",Marie\r\n+33 6 12 34 56 78;x\r\nu 9\r\ncard-77 x,5\r\n' },
];

it.each(files)("$path", (file) => {
  const source = planOf([fields, when, file]);
  const plan = loadPlan(encodePlan(source));
  expect(new TextDecoder().decode(encodePlan(source)), "no personal value is in a plan").not.toMatch(/marie|336123/i);
  const people: readonly (readonly [identifiers: readonly string[], listed: boolean])[] = [
    [["marie@example.fr"], true],
    [["a1", "+33612345678"], true],
    [["u 9"], true],
    [["CARD77X"], true],
    [["u9"], false],
    [[], false],
  ];
  for (const [identifiers, listed] of people) {
    const view = { ...createEventLogView(plan), identifierValues: () => identifiers };
    const entered: number[] = [];
    plan.evaluate(view, { kind: "everything" }, 0, (segment) => entered.push(segment));
    expect(entered, `generated code, ${identifiers.join()}`).toEqual(listed ? [0] : []);
    const condition = source.segments[0]?.when;
    expect(condition !== undefined && profileFacts(source, view, 0).holds(condition)).toBe(listed);
  }
});
