/**
 * `npm run bench`: the measurements by name, one after the other; without a name the four that the engine is judged by. Each
 * prints its table and keeps its figures under bench/results/.
 */
const BENCHES = {
  "whole-path": "events a second and latency beside a JSON echo, embedded and on Redis (about 7 minutes)",
  startup: "from start to ready with profiles stored, after a clean stop and after a kill",
  "lost-store": "from the start on a store that was lost to ready and to whole, and what events wait meanwhile",
  takeover: "how long the shards of a killed node answer nobody",
  memory: "resident memory and bytes on disk with 1,000,000 profiles",
  replay: "a year of invoices from a file, embedded, with everything on",
  past: "a rule tried over a history of 1,000,000 events",
  load: "a mixed day of a shop, by k6 (Go) and by our own load, side by side",
  push: "from an event in one tab of Chromium to the changed content in another",
  "hot-reload": "what events wait while 1,000 rules are loaded anew, beside the same load without it (about 4 minutes)",
  rules: "1,000 rules: an event, everything, loading",
  "recommend-retail": "recommendations on real invoices beside popularity, with the lists themselves",
  "recommend-quality": "Recall and NDCG on Gowalla, exponents chosen on a part of the training data (about 20 minutes)",
  recommend: "top 10 for 1,000,000 customers from up to 10^8 purchases",
  strips: "8 products with conditions and stock, of 50,000, in a decision",
  reconcile: "nights and rebuilds over 20,000 people and 1,000,000 events, or as many as VIF_BENCH_PEOPLE says",
  "reconcile-curve": "what a night and a rebuild cost a profile, from 10,000 people to as many as VIF_BENCH_MOST says",
  "night-beside":
    "what events wait while a night compares everybody, or a backup is made, beside the same load without",
  store: "appends and checkpoints of a hot store alone",
  history: "rows a second into DuckDB and PostgreSQL",
  "catch-up": "rows a second into either while an engine serves and history is behind, and what events wait meanwhile",
  people: "finding one of 1,000,000 people as one types, in DuckDB, PostgreSQL and by a whole engine",
  turn: "a worker's part of an event alone: parsing, rules, records, answers",
  "wake-ups": "50,000 profiles due at one instant: until the last is done, and what events wait meanwhile",
  gateway: "the gateway's thread alone, beside a JSON echo",
  delivery: "from an event that sets a message off to the call of its adapter, at 2,000 a second, beside an echo",
  tills: "from a receipt to the till's message, at 2,000 a second, beside an echo",
  render: "an e-mail, a text message and a ticket put into words",
  parse: "one wire event parsed",
  profile: "one event applied, rows, memory of a profile",
  "record-codec": "journal records written and read",
} as const;

type BenchName = keyof typeof BENCHES;

const DEFAULT: readonly BenchName[] = ["whole-path", "startup", "takeover", "memory"];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (wanted.includes("--help") || wanted.includes("-h") || unknown.length > 0) {
  const lines = Object.entries(BENCHES).map(([name, text]) => `  ${name.padEnd(18)}${text}`);
  const stranger = unknown.find((name) => !name.startsWith("-"));
  process.stdout.write(
    `${stranger === undefined ? "" : `There is no bench "${stranger}".\n\n`}npm run bench [-- NAME ...]\n\n${lines.join("\n")}\n`,
  );
  process.exitCode = stranger === undefined ? 0 : 2;
} else {
  for (const name of wanted.length === 0 ? DEFAULT : (wanted as BenchName[])) {
    process.stdout.write(`\n${name}: ${BENCHES[name]}\n\n`);
    await import(new URL(`./${name}.js`, import.meta.url).href);
  }
}

export {};
