/** One line a thing that happens: time, what, who, with what. Pure. */
import type { LiveEntry } from "../control/live-port.ts";
import { localTime } from "./engine-client.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";
import { cellWidth, shorten } from "./text-table.ts";

const NAME_CELLS = 18;
/** A profile's id. */
const WHO_CELLS = 24;

/** @param columns of the terminal; undefined: lines are not cut */
export function renderEntry(entry: LiveEntry, style: Style, columns: number | undefined): string {
  const { bold, dim, green, yellow, cyan, magenta } = style;
  const time = localTime(entry.at).slice(11);
  const cell = (text: string, cells: number): string => {
    const cut = shorten(printable(text), cells);
    return cut + " ".repeat(cells - cellWidth(cut));
  };
  const room =
    columns === undefined ? Number.POSITIVE_INFINITY : Math.max(20, columns - 10 - NAME_CELLS - WHO_CELLS - 4);
  const rest = (text: string): string => shorten(printable(text), room);
  switch (entry.is) {
    case "event":
      return `${dim(time)}  ${bold(cell(entry.name, NAME_CELLS))}  ${cell(entry.who, WHO_CELLS)}  ${dim(rest(fieldsText(entry.fields)))}`;
    case "receipt": {
      const { kind, receiptId, store, till, currency, total, lines, points, balance, flags } = entry;
      const sum = `${amountText(total)} ${currency}`;
      const earned = points === 0 ? "" : `, ${points > 0 ? "+" : ""}${points} points to ${balance}`;
      const where = `, ${lines} ${lines === 1 ? "line" : "lines"}, ${store} ${till}, receipt ${receiptId}`;
      const odd = flags.length === 0 ? "" : `, ${flags.join(" ")}`;
      const who = cell(entry.profile ?? "(nobody)", WHO_CELLS);
      return `${dim(time)}  ${magenta(cell(kind, NAME_CELLS))}  ${who}  ${rest(`${sum}${earned}${where}${odd}`)}`;
    }
    case "transition": {
      const what = entry.entered ? green(cell("entered", NAME_CELLS)) : yellow(cell("left", NAME_CELLS));
      const because = entry.because === undefined || !entry.entered ? "" : ` because ${entry.because}`;
      return `${dim(time)}  ${what}  ${cell(entry.profile, WHO_CELLS)}  ${rest(`${entry.segment}${because}`)}`;
    }
    case "fired": {
      const told = rest(`${entry.trigger}: ${entry.template}, message ${entry.message}`);
      return `${dim(time)}  ${magenta(cell("fired", NAME_CELLS))}  ${cell(entry.profile, WHO_CELLS)}  ${told}`;
    }
    case "message": {
      const { trigger, channel, became, again, message } = entry;
      const by = channel === undefined ? "" : ` by ${channel}`;
      const next = again === undefined ? "" : `, again ${localTime(again)}`;
      const told = rest(`${trigger}: ${became}${by}${next}, message ${message}`);
      return `${dim(time)}  ${magenta(cell("message", NAME_CELLS))}  ${cell(entry.profile, WHO_CELLS)}  ${told}`;
    }
    case "decided": {
      const shows = entry.decisions.map(({ content, show }) => `${content}: ${show}`).join(", ");
      return `${dim(time)}  ${cyan(cell("decided", NAME_CELLS))}  ${cell(entry.profile ?? "(unknown)", WHO_CELLS)}  ${rest(shows)}`;
    }
  }
}

function amountText(amount: number): string {
  return Number.isInteger(Math.round(amount * 1e6) / 1e4) ? amount.toFixed(2) : String(amount);
}

/** `category shoes, price 20`: shorter than JSON, and as telling. */
function fieldsText(fields: string | undefined): string {
  if (fields === undefined) return "(too long to show)";
  const value = JSON.parse(fields) as Readonly<Record<string, unknown>>;
  return Object.entries(value)
    .map(([name, field]) => `${name} ${typeof field === "string" ? field : JSON.stringify(field)}`)
    .join(", ");
}
