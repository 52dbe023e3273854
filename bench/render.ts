/**
 * Renders of the example brand's e-mails a second, on one core: subject, HTML and text, each for another person, with the MJML
 * compiled before. Asked are 20,000 of the birthday voucher, 50 us each; the estimate is 20 to 40 us, for an e-mail is some 17 KB of
 * HTML, most of which is copied. The answers are checked before anything is timed, and the HTML is made into bytes, as
 * whoever sends it has to. Rounds are short and the best one counts, since a shared machine only ever adds.
 * Run: npm run bench -- render
 */
import { join } from "node:path";
import { createMessageRenderer, type MessageRequest, readRules } from "../engine/language/port.ts";
import { keepResults, printTable } from "./results.ts";

const ROUNDS = 20;
const EACH_ROUND = 300;

const reading = await readRules(join(process.cwd(), "rules"));
if (reading.is !== "sound") throw new Error("the example brand's rules have mistakes: npm run vif check");
const { render } = createMessageRenderer(reading.messages);
const links = { unsubscribe: "https://vif.example/u/abc", preferences: "https://vif.example/p/abc" };

/** Somebody else each time, so that nothing can be remembered. */
function request(channel: MessageRequest["channel"], template: string, n: number): MessageRequest {
  const values = {
    first_name: `Marie ${n}`,
    card_points: n,
    fitting_at: 1_795_000_000_000 + n * 60_000,
    shoe_size: 38,
  };
  return { channel, template, language: n % 2 === 0 ? "fr" : "en", values, zone: "Europe/Paris", links };
}

const SIDES = [
  ["email", "birthday-voucher"],
  ["email", "private-sale"],
  ["email", "points-statement"],
  ["sms", "fitting-tomorrow"],
  ["whatsapp", "cart-abandoned"],
  ["sms", "voucher-near"],
] as const;

let bytes = 0;
function renderOne(channel: MessageRequest["channel"], template: string, n: number): void {
  const rendered = render(request(channel, template, n));
  if (rendered.is !== "rendered") throw new Error(`${channel}/${template}: ${rendered.field} is ${rendered.because}`);
  const { parts } = rendered;
  bytes = parts.is === "email" ? Buffer.byteLength(Buffer.from(parts.html)) + Buffer.byteLength(parts.text) : 0;
}

for (const [channel, template] of SIDES) {
  const rendered = render(request(channel, template, 940));
  const said = rendered.is === "rendered" ? JSON.stringify(rendered.parts) : "";
  if (!/940|\d\d:\d\d/.test(said) || /\{\{|vif[qa]\d/.test(said))
    throw new Error(`${template} is wrong: nothing to time`);
}

const bestUs = new Map<string, number>();
const size = new Map<string, number>();
let n = 0;
for (let round = 0; round < ROUNDS; round++)
  for (const [channel, template] of SIDES) {
    const from = process.hrtime.bigint();
    for (let i = 0; i < EACH_ROUND; i++) renderOne(channel, template, n++);
    const us = Number(process.hrtime.bigint() - from) / 1000 / EACH_ROUND;
    const name = `${channel}/${template}`;
    bestUs.set(name, Math.min(bestUs.get(name) ?? Number.POSITIVE_INFINITY, us));
    size.set(name, bytes);
  }

const results = [...bestUs].map(([name, us]) => ({
  name,
  us: Number(us.toFixed(2)),
  perSecond: Math.round(1_000_000 / us),
  bytes: size.get(name) ?? 0,
}));
printTable([
  ["message", "us", "a second", "bytes"],
  ...results.map(({ name, us, perSecond, bytes: each }) => [name, us.toFixed(1), String(perSecond), String(each)]),
]);
process.stdout.write(`\nkept in ${keepResults("render", results)}\n`);
