/**
 * The last nights: what each has found, as bars and as a table, and what the last one did besides. Bars are drawn in SVG by attributes alone, as the page's
 * policy allows no styles of its own in markup; what they say is in their labels, too.
 */
import { make, nameCells } from "./lists.mjs";
import { dayTime, number, say, seconds } from "./words.mjs";

const SHOWN = 30;
const WIDTH = 360;
const HEIGHT = 84;
const SVG = "http://www.w3.org/2000/svg";
const TABLE_ROWS = 10;

/** @param nights as the control plane tells them, the latest first */
export function showNights(places, nights) {
  const { charts, table, none, verdict, steps } = places;
  const shown = nights.slice(0, SHOWN).reverse();
  none.hidden = shown.length > 0;
  table.hidden = shown.length === 0;
  verdict.textContent = verdictOf(nights[0]);
  verdict.className = nights[0] !== undefined && left(nights[0]) > 0 ? "problem" : "";
  charts.replaceChildren(
    ...(shown.length === 0
      ? []
      : [
          figure(say("nightFound"), shown, (night) => [
            { value: night.repaired, className: "bar settled" },
            { value: left(night), className: "bar bad" },
          ]),
          figure(say("nightTook"), shown, (night) => [{ value: took(night), className: "bar" }], seconds),
          figure(say("nightProfiles"), shown, (night) => [{ value: night.profiles, className: "bar" }]),
        ]),
  );
  table.tBodies[0].replaceChildren(...nights.slice(0, TABLE_ROWS).map(row));
  nameCells(table);
  // One that only compares does nothing besides, and one that has just compared has not yet.
  showSteps(
    steps,
    nights.find(({ steps: done = [] }) => done.length > 0),
  );
}

function showSteps({ place, title, table }, night) {
  place.hidden = night === undefined;
  if (night === undefined) return;
  title.textContent = say("nightSteps", { when: dayTime(night.startedAt) });
  table.tBodies[0].replaceChildren(
    ...night.steps.map((step) =>
      rowOf([
        [say(`step_${step.step}`), ""],
        [seconds(took(step)), "right"],
        [changedIn(step), "", problemIn(step)],
      ]),
    ),
  );
  nameCells(table);
}

function problemIn({ problem, because }) {
  if (problem === undefined) return undefined;
  const told = because?.map(({ is, count = 0 }) => say(`hindered_${is}`, { count: number(count) })).join("; ");
  return make("span", { class: "bad" }, say("nightProblem", { problem: told ?? problem }));
}

function changedIn({ changed, problem }) {
  const counts = Object.entries(changed).map(([what, count]) =>
    say(`changed_${what}`, { count: number(what === "bytes" ? Math.ceil(count / 1_000_000) : count) }),
  );
  // What comes behind it is why it was put off.
  if (problem !== undefined) return counts.map((count) => `${count}; `).join("");
  return counts.length === 0 ? say("nightUnchanged") : counts.join("; ");
}

const left = ({ drifts, repaired }) => drifts - repaired;
const took = ({ startedAt, endedAt }) => Math.max(0, endedAt - startedAt) / 1000;

function verdictOf(night) {
  if (night === undefined) return "";
  if (night.drifts === 0) return say("nightClean", { profiles: number(night.profiles) });
  const words = { found: number(night.drifts), left: number(left(night)) };
  if (night.dryRun) return say("nightDry", words);
  return say(left(night) === 0 ? "nightSettledAll" : "nightLeft", words);
}

/** @param parts of one night, from the bottom up */
function figure(title, nights, parts, write = number) {
  const totals = nights.map((night) => parts(night).reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(...totals, 1);
  const last = totals.at(-1) ?? 0;
  const label = say("nightChart", {
    name: title,
    nights: number(nights.length),
    most: write(Math.max(...totals)),
    last: write(last),
  });
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "bars" });
  svg.append(draw("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5, class: "axis" }));
  const step = WIDTH / SHOWN;
  for (const [index, night] of nights.entries()) {
    const x = WIDTH - (nights.length - index) * step;
    const group = draw("g", {});
    const hint = draw("title", {});
    hint.textContent = `${dayTime(night.startedAt)}: ${write(totals[index])}`;
    group.append(hint, draw("rect", { x, y: 0, width: step, height: HEIGHT, class: "place" }));
    let foot = HEIGHT - 1;
    for (const { value, className } of parts(night)) {
      if (value <= 0) continue;
      const height = Math.max(2, (value / most) * (HEIGHT - 8));
      foot -= height;
      group.append(draw("rect", { x: x + 1.5, y: foot, width: step - 3, height, rx: 1, class: className }));
    }
    svg.append(group);
  }
  const place = make("figure", {});
  const caption = make("figcaption", {});
  caption.textContent = `${title}${say("colon")}${write(last)}`;
  place.append(caption, svg);
  return place;
}

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function row(night) {
  return rowOf([
    [dayTime(night.startedAt), ""],
    [seconds(took(night)), "right"],
    [number(night.profiles), "right"],
    [`${number(night.drifts)}${night.dryRun ? ` (${say("nightDryMark")})` : ""}`, "right"],
    [number(night.repaired), "right"],
    [night.byCause.map(({ cause, found }) => `${say(`cause_${cause}`)} ${number(found)}`).join(", "), ""],
  ]);
}

/** @param cells each a text, its class, and what stands behind it */
function rowOf(cells) {
  const line = make("tr", {});
  line.append(
    ...cells.map(([text, className, more]) => make("td", className === "" ? {} : { class: className }, text, more)),
  );
  return line;
}
