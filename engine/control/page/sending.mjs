/** How channels stand, as the overview page shows it: a line a channel, and above them what operators have ordered. */
import { make, nameCells } from "./lists.mjs";
import { number, say } from "./words.mjs";

/** @param told what /v1/channels answers */
export function showSending({ orders, table }, told) {
  const { channels, paused, stopped } = told;
  const isPaused = channels.some((channel) => channel.paused);
  const said = [
    stopped ? say("sendingStopped") : undefined,
    paused.length > 0 ? say("sendingPaused", { triggers: paused.join(", ") }) : undefined,
  ].filter((text) => text !== undefined);
  orders.textContent = said.length === 0 && !isPaused ? say("sendingOn") : said.join(" ");
  table.tBodies[0].replaceChildren(...channels.map(lineOf));
  nameCells(table);
}

function lineOf({ channel, adapter, waiting, taken, breaker, paused, outcomes }) {
  const state = paused ? "paused" : breaker;
  const came = Object.entries(outcomes).map(([is, count]) => `${number(count)} ${is}`);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, channel),
    make("td", {}, adapter),
    make("td", { class: "right" }, number(waiting)),
    make("td", { class: "right" }, number(taken)),
    make("td", {}, make("span", { class: state === "closed" ? "" : "tag left" }, say(`state_${state}`))),
    make("td", { class: "small" }, came.join(", ")),
  );
}
