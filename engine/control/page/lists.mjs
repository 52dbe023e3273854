/**
 * The overview page's lists: newest decisions, newest events, segments, one person. Texts from outside are only ever set as
 * text, so nothing that a sender writes becomes markup.
 */
import { clockTime, dayTime, money, number, say, signed } from "./words.mjs";

const LINES_MAX = 14;
const EVENTS_MAX = 8;

/** @param children elements and texts; undefined ones are left out */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

function person(profile, onWho) {
  if (profile === undefined) return make("span", { class: "who" }, say("unknownPerson"));
  const button = make("button", { type: "button", class: "link who", "aria-label": `${say("show")} ${profile}` });
  button.textContent = profile.slice(0, 10);
  button.addEventListener("click", () => onWho(profile));
  return button;
}

/** One line a segment entered or left; one a trigger that fired; one what a message came to; one a content that was decided otherwise than by its last choice. */
export function decidedLine(entry, onWho) {
  const time = make("time", { datetime: new Date(entry.at).toISOString() }, clockTime(entry.at));
  if (entry.is === "transition") {
    const how = entry.entered ? "entered" : "left";
    const what = [make("span", { class: `tag ${how}` }, say(how)), make("strong", {}, entry.segment)];
    const reason = entry.entered && entry.because !== undefined ? say("because", { reason: entry.because }) : undefined;
    return line(time, what, person(entry.profile, onWho), reason);
  }
  if (entry.is === "fired") {
    const what = [make("span", { class: "tag" }, say("fired")), make("strong", {}, entry.trigger)];
    return line(
      time,
      what,
      person(entry.profile, onWho),
      `${entry.template}, ${say("messageOf", { id: entry.message })}`,
    );
  }
  if (entry.is === "message") {
    const what = [make("span", { class: "tag" }, say("message")), make("strong", {}, entry.trigger)];
    const by = entry.channel === undefined ? "" : `, ${entry.channel}`;
    return line(
      time,
      what,
      person(entry.profile, onWho),
      `${entry.became}${by}, ${say("messageOf", { id: entry.message })}`,
    );
  }
  const told = mostTelling(entry.decisions);
  if (told === undefined) return undefined;
  const rest = entry.decisions.length - 1;
  const what = [
    make("span", { class: "tag" }, say("shown")),
    make("strong", {}, told.show),
    make("span", { class: "small" }, rest === 0 ? told.content : `${told.content} +${rest}`),
  ];
  const reason = told.because === undefined ? say("otherwise") : told.because;
  const shown = line(time, what, person(entry.profile, onWho), say("because", { reason }));
  shown.dataset.same = JSON.stringify([entry.profile, told.content, told.show, reason, rest]);
  return shown;
}

/** A choice that a condition has made says more of somebody than one that always holds. */
function mostTelling(decisions) {
  const chosen = decisions.filter(({ choice }) => choice > 0);
  const isAlways = ({ because = "" }) => because.startsWith("recommendation: ");
  return chosen.find((each) => !isAlways(each)) ?? chosen[0] ?? decisions[0];
}

function line(time, what, who, because) {
  const second = because === undefined ? undefined : make("span", { class: "because" }, because);
  return make("li", { class: "new" }, time, make("span", { class: "what" }, ...what, who), second);
}

export function eventLine(entry, onWho) {
  const time = make("time", { datetime: new Date(entry.at).toISOString() }, clockTime(entry.at));
  const name = make("strong", {}, entry.name);
  return line(time, [name], person(entry.profile, onWho), fieldsOf(entry.fields));
}

/** A till's receipt: the sum, where it was, and what it did to the points. */
export function receiptLine(entry, onWho) {
  const { at, kind, total, currency, receiptId, store, till, lines, points, balance, flags, profile } = entry;
  const time = make("time", { datetime: new Date(at).toISOString() }, clockTime(at));
  const what = [make("span", { class: "tag" }, say(kind)), make("strong", {}, money(total, currency))];
  const who = profile === undefined ? make("span", { class: "who" }, say("nobody")) : person(profile, onWho);
  const told = [say("receiptAt", { receipt: receiptId, store, till, lines: number(lines) })];
  if (points !== 0) told.push(say("receiptPoints", { points: signed(points), balance: number(balance) }));
  if (flags.length > 0) told.push(flags.join(", "));
  return line(time, what, who, told.join(" · "));
}

function fieldsOf(fields) {
  if (fields === undefined) return undefined;
  const parts = Object.entries(JSON.parse(fields)).map(([name, value]) => `${name} ${brief(value)}`);
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** Lists of texts are shown whole; of anything larger, a receipt's lines such as, how many there are. */
function brief(value) {
  if (typeof value !== "object" || value === null) return String(value);
  if (!Array.isArray(value)) return `{${Object.keys(value).join(", ")}}`;
  return value.some((part) => typeof part === "object") ? `×${value.length}` : value.join(" + ");
}

/** What is decided again takes the place of its line, with how often it has been: one who clicks fills no list. */
export function addTo(list, element, most = LINES_MAX) {
  const { same } = element.dataset;
  const before = same === undefined ? undefined : [...list.children].find((line) => line.dataset.same === same);
  if (before !== undefined) {
    const times = Number(before.dataset.times ?? 1) + 1;
    element.dataset.times = String(times);
    element
      .querySelector(".what strong")
      .after(make("span", { class: "count" }, say("timesShown", { count: number(times) })));
    before.remove();
  }
  list.prepend(element);
  while (list.children.length > most) list.lastElementChild.remove();
}

export function addEvent(list, entry, onWho) {
  addTo(list, entry.is === "receipt" ? receiptLine(entry, onWho) : eventLine(entry, onWho), EVENTS_MAX);
}

/** @param names of segments that the rules have: those without anybody are told in one line below the table */
export function fillSegments({ body, rest }, sizes, names) {
  const inside = new Map(sizes.map(({ name, inside: people }) => [name, people]));
  const all = [...new Set([...names, ...inside.keys()])].map((name) => [name, inside.get(name) ?? 0]);
  const rows = all.filter(([, people]) => people > 0);
  const empty = all.filter(([, people]) => people === 0).map(([name]) => name);
  rest.hidden = empty.length === 0;
  rest.firstElementChild.textContent = say("segmentsEmpty", { count: number(empty.length), all: number(all.length) });
  rest.lastElementChild.textContent = empty.sort().join(", ");
  rows.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const most = Math.max(1, ...rows.map(([, people]) => people));
  body.replaceChildren(
    ...rows.map(([name, people]) =>
      make(
        "tr",
        {},
        make("td", {}, name),
        make("td", { class: "right" }, number(people)),
        make("td", {}, make("meter", { min: "0", max: String(most), value: String(people), "aria-label": name })),
      ),
    ),
  );
}

function table(title, rows, attributes = {}) {
  const body = rows.length === 0 ? [make("tr", {}, make("td", {}, say("none")))] : rows.map(rowOf);
  return make("section", attributes, make("h3", {}, title), make("table", {}, make("tbody", {}, ...body)));
}

function rowOf(cells) {
  return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
}

/** Where there is no room for columns each cell stands on a line of its own, and says what it is. */
export function nameCells(table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  for (const row of table.tBodies[0].rows)
    for (const [index, cell] of [...row.cells].entries()) cell.dataset.column = `${names[index] ?? ""}${say("colon")}`;
}

/** @param onWhy asks for the explanation of a rule */
export function showPerson(place, profile, onWhy) {
  const why = (rule) => {
    const button = make("button", { type: "button", class: "link", "aria-label": `${say("why")} ${rule}` }, say("why"));
    button.addEventListener("click", () => onWhy(profile.profile, rule));
    return button;
  };
  const began = say("began", { id: profile.profile, time: dayTime(profile.created) });
  place.replaceChildren(
    make("p", { class: "whole small" }, began),
    table(
      say("knownBy"),
      profile.identifiers.map(({ kind, value, state }) => [
        say(`kind_${kind}`),
        state === "bound" ? value : `${value} (${say(`identifier_${state}`)})`,
      ]),
    ),
    table(
      say("attributes"),
      profile.attributes
        .filter(({ value }) => value !== undefined)
        .map(({ name, value }) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
    ),
    table(
      say("segments"),
      profile.segments
        .filter(({ inside }) => inside)
        .map(({ name, since }) => [name, since === undefined ? "" : say("since", { time: dayTime(since) }), why(name)]),
    ),
    table(
      say("decided"),
      profile.decisions.map(({ content, show }) => [content, show, why(content)]),
    ),
    table(
      say("setOff"),
      profile.fired.map(({ trigger, at, message }) => [
        trigger,
        make("time", { datetime: new Date(at).toISOString() }, dayTime(at)),
        say("messageOf", { id: message }),
        why(`trigger:${trigger}`),
      ]),
      { class: "whole" },
    ),
    table(
      say("consents"),
      profile.consents.map(({ purpose, channel, answer, at, source, wording }) => [
        say("consentOf", {
          purpose: purpose === "*" ? say("any") : purpose,
          channel: channel === "*" ? say("any") : channel,
        }),
        make("span", { class: answer === "granted" ? "tag entered" : "tag left" }, say(answer)),
        dayTime(at),
        wording === undefined ? source : say("consentProof", { source, wording }),
      ]),
      { class: "whole", id: "consents" },
    ),
    table(
      say("loyalty", { balance: number(profile.ledger.balance), receipts: number(profile.ledger.entries) }),
      profile.ledger.receipts.map(({ receiptId, kind, store, till, at, earned, reversed, by = [] }) => [
        say("receiptOf", { kind: say(kind), receipt: receiptId, store, till }),
        dayTime(at),
        signed(kind === "return" ? -reversed : earned),
        by.map(({ rule, points }) => `${rule} ${signed(points)}`).join(", "),
      ]),
      { class: "whole" },
    ),
    table(
      say("kept"),
      profile.streams.map(({ key, count, last }) => [key, say("times", { count: number(count), time: dayTime(last) })]),
      { class: "whole" },
    ),
    make("div", { class: "whole", id: "why", tabindex: "-1" }),
  );
}

export function showWhy(place, why) {
  const lines = why.tree.map(({ depth, show, text, holds, values }) => {
    const read = values.map(({ name, value }) => `${name}: ${value ?? "?"}`).join(", ");
    const mark = make("span", { class: holds ? "tag entered" : "tag left" }, say(holds ? "yes" : "no"));
    const words = `${"\u2003".repeat(depth)}${show === undefined ? "" : `${show}: `}${text}`;
    return rowOf([mark, words, read]);
  });
  place.replaceChildren(
    make("h3", {}, `${say("why")} ${why.rule}`),
    make("table", {}, make("tbody", {}, ...lines)),
    ...why.caveats.map((caveat) => make("p", { class: "small" }, caveat)),
  );
  place.focus();
}
