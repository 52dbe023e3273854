/**
 * What holdouts are worth, as a marketer reads it: a table a holdout, with a line for all of it, one a channel and one a rule,
 * and each difference with the interval in which the true one lies 95 times of 100, in figures and as a bar beside nothing.
 * Reckoned only when asked for, as it reads all of history.
 */
import { make } from "./lists.mjs";
import { dayTime, decimal, number, percent, points, say } from "./words.mjs";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 16;
/** Groups that are so unlikely were not made by the draw alone. */
const SPLIT_CHANCE_MIN = 0.001;

/** @param report what /v1/uplift answers; undefined: it was not asked for */
export function showUplift({ place, asOf }, report) {
  asOf.textContent = report === undefined ? "" : asOfText(report);
  place.replaceChildren(...(report === undefined ? [] : report.holdouts.map((holdout) => section(holdout, report))));
  if (report !== undefined && report.holdouts.length === 0)
    place.append(make("p", { class: "empty" }, say("upliftNone")));
}

function asOfText({ event, less, withinMs, at }) {
  const days = number(withinMs / 86_400_000, 1);
  const what = less === undefined ? event : say("upliftLess", { event, less });
  return say("upliftAsOf", { event: what, days, at: dayTime(at) });
}

function section(holdout, { value, withinMs }) {
  const { percents, rules = [], channels = [], pending, both } = holdout;
  const lines = [
    [say("upliftAll"), "", holdout],
    ...channels.map((part) => [say("upliftBy", { channel: channelText(part.channel) }), "part", part]),
    ...(rules.length > 1 || channels.length === 0 ? rules.map((part) => [part.by, "part", part]) : []),
  ];
  const ends = lines.flatMap(([, , { conversion, splitChance }]) =>
    conversion === undefined || splitChance < SPLIT_CHANCE_MIN
      ? []
      : [Math.abs(conversion.low), Math.abs(conversion.high)],
  );
  const most = Math.max(...ends, 1e-9);
  const heads = [
    [make("span", { class: "hidden" }, say("upliftWho")), ""],
    [say("upliftTreated"), "right"],
    [say("upliftHeldOut"), "right"],
    [say("upliftConversion"), ""],
    [say("upliftAmount", { value }), ""],
  ];
  const head = make("tr", {}, ...heads.map(([text, name]) => make("th", { scope: "col", class: name }, text)));
  const body = make("tbody", {}, ...lines.map(([name, kind, figures]) => line(name, kind, { figures, most })));
  const named = say("upliftTitle", {
    name: holdout.holdout === "everything" ? say("upliftEverything") : holdout.holdout,
    percent: percents.map((each) => number(each, 2)).join(" / "),
  });
  const notes = [
    ...(rules.length === 1 ? [say("upliftOf", { rules: rules[0].by })] : []),
    ...(pending > 0 ? [say("upliftPending", { people: number(pending), days: number(withinMs / 86_400_000, 1) })] : []),
    ...(both > 0 ? [say("upliftBoth", { people: number(both) })] : []),
  ];
  const scrolls = make("div", { class: "scrolls", tabindex: "0", role: "group", "aria-label": named });
  scrolls.append(make("table", {}, make("thead", {}, head), body));
  const whole = make("div", { class: "uplift" }, make("h3", {}, named), scrolls);
  for (const note of notes) whole.append(make("p", { class: "small" }, note));
  return whole;
}

function line(name, kind, { figures, most }) {
  const { treated, heldOut, conversion, amount, splitChance } = figures;
  const cells = [make("th", { scope: "row", class: kind }, name), group(treated), group(heldOut)];
  if (splitChance < SPLIT_CHANCE_MIN) cells.push(make("td", { colspan: "2", class: "problem" }, say("upliftOdd")));
  else
    cells.push(
      conversion === undefined
        ? make("td", { class: "small" }, say("upliftNobody"))
        : difference(conversion, points, bar(conversion, most)),
      amount === undefined ? make("td", { class: "small" }, say("upliftFew")) : difference(amount, decimal),
    );
  return make("tr", {}, ...cells);
}

function group({ people, converted }) {
  const cell = make("td", { class: "right" }, number(people));
  if (people > 0) cell.append(make("span", { class: "small under" }, percent(converted / people)));
  return cell;
}

function difference({ difference: seen, low, high }, write, drawn) {
  const verdict = low > 0 ? "more" : high < 0 ? "less" : "none";
  const words = [
    make("strong", { class: verdict }, write(seen)),
    ` ${say("upliftInterval", { low: write(low), high: write(high) })} `,
    make("span", { class: "small under" }, say(`uplift_${verdict}`)),
  ];
  return make("td", {}, ...words, drawn);
}

/** The interval beside nothing, on one scale for a holdout; what it says stands in words next to it. */
function bar({ difference: seen, low, high }, most) {
  const at = (share) => WIDTH / 2 + (share / most) * (WIDTH / 2 - 3);
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "interval", "aria-hidden": "true" });
  svg.append(
    draw("line", { x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: HEIGHT, class: "axis" }),
    draw("rect", {
      x: at(low),
      y: HEIGHT / 2 - 2,
      width: Math.max(1, at(high) - at(low)),
      height: 4,
      rx: 2,
      class: "bar",
    }),
    draw("circle", { cx: at(seen), cy: HEIGHT / 2, r: 4, class: "bar" }),
  );
  return svg;
}

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** `email or sms`: the first that is open. */
function channelText(channel) {
  return channel
    .split(" or ")
    .map((each) => {
      const word = say(`channel_${each}`);
      return word === `channel_${each}` ? each : word;
    })
    .join(say("upliftOr"));
}
