/** A case of the shared vectors, made ready: its rules checked and loaded, its person as the case has them, evaluated once. */
import { encodePlan, loadPlan } from "../../engine/language/port.ts";
import { readFieldValue } from "../../engine/model/field-value.ts";
import { type CaseFile, modelOf, segmentFile } from "./case-files.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

/** @throws when the rules are not sound, or a value of the profile is not of its field's type */
export function readyCase(file: CaseFile, { when, profile = {}, events = [], turned = [] }: CaseFile["cases"][number]) {
  const source = planOf([...modelOf(file), segmentFile("the-case", when)]);
  const plan = loadPlan(encodePlan(source));
  const view = createEventLogView(plan);
  for (const [index, { name, type }] of plan.attributes.entries()) {
    const value = readFieldValue(profile[name], type);
    if ((value === undefined) !== (profile[name] === undefined)) throw new TypeError(`${name} is not of its type`);
    view.setAttribute(index, value);
  }
  for (const [instant, name, fields] of events) view.add({ name, at: Date.parse(instant), fields });
  const at = Date.parse(file.at);
  for (const [instant, how, segment] of turned)
    view.turn(plan.segments.indexOf(segment), how === "entered", Date.parse(instant));
  plan.evaluate(view, { kind: "everything" }, at, (segment, entered) => {
    view.turn(segment, entered, at);
  });
  const index = plan.segments.indexOf("the-case");
  const condition = source.segments[index]?.when;
  if (condition === undefined) throw new TypeError("the case has no condition");
  return { source, view, at, index, condition };
}
