/**
 * The overview page: logs in (by the ticket behind the `#`, or by the token), then shows what happens as it
 * happens. Everything shown is asked of this server, and nothing is kept but language and appearance.
 */
import { createChart } from "./chart.mjs";
import { addEvent, addTo, decidedLine, fillSegments, make, showPerson, showWhy } from "./lists.mjs";
import { ask, follow } from "./live.mjs";
import { showNights } from "./nights.mjs";
import { showSending } from "./sending.mjs";
import { showUplift } from "./uplift.mjs";
import { milliseconds, number, say, setLanguage } from "./words.mjs";

const SEGMENTS_PERIOD_MS = 5_000;
const SENDING_PERIOD_MS = 5_000;
const NIGHTS_PERIOD_MS = 30_000;
/** After the last letter typed. */
const SUGGEST_MS = 200;
const byId = (id) => document.getElementById(id);
let isPaused = false;
let skipped = 0;
let ruleNames = [];
let sizes = [];
let nights = [];
let sending;
let uplift;
let state = "";
let figures;
let typing;
/** Whom the page shows. */
let shownWho;

const charts = {
  events: createChart(byId("chart-events"), () => say("chart", { name: say("events") })),
  decisions: createChart(byId("chart-decisions"), () => say("chart", { name: say("decisions") })),
  latency: createChart(byId("chart-latency"), () => say("chart", { name: say("latency") })),
};

chooseLanguage();
chooseAppearance();
byId("login-form").addEventListener("submit", (event) => void logInByToken(event));
byId("person-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void showWho(byId("who").value);
});
byId("who").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => void suggest(byId("who").value), SUGGEST_MS);
});
byId("uplift-ask").addEventListener("click", () => void compareGroups());
byId("pause").addEventListener("click", pause);
byId("logout").addEventListener("click", () => void logOut());
await begin();

async function begin() {
  const ticket = /[#&]ticket=([\w-]+)/.exec(location.hash)?.[1];
  if (ticket !== undefined) {
    // It has been used from here on, and is nobody's to see in the address or its history.
    history.replaceState(null, "", location.pathname);
    const { ok } = await ask("/v1/login", { method: "POST", body: { ticket } });
    if (ok) return open();
  }
  const { body } = await ask("/v1/session");
  if (body.loggedIn !== false) return open();
  showLogin(ticket === undefined ? "" : say("loginWrong"));
}

function showLogin(problem) {
  byId("login").hidden = false;
  byId("overview").hidden = true;
  byId("logout").hidden = true;
  byId("login-problem").textContent = problem;
  setState("");
  byId("token").focus();
}

async function logInByToken(event) {
  event.preventDefault();
  const { ok, status } = await ask("/v1/login", { method: "POST", body: { token: byId("token").value.trim() } });
  byId("token").value = "";
  if (ok) return open();
  showLogin(say(status === 429 ? "loginBusy" : "loginWrong"));
}

async function logOut() {
  await ask("/v1/logout", { method: "POST" });
  location.reload();
}

async function open() {
  byId("login").hidden = true;
  byId("overview").hidden = false;
  byId("logout").hidden = false;
  setState("connecting");
  void refresh();
  setInterval(() => void refreshSegments(), SEGMENTS_PERIOD_MS);
  setInterval(() => void refreshSending(), SENDING_PERIOD_MS);
  setInterval(() => void refreshNights(), NIGHTS_PERIOD_MS);
  await follow("/v1/live", {
    open: () => {
      setState("live");
      void refresh();
    },
    broken: () => setState("broken"),
    refused: () => location.reload(),
    event: (name, value) => (name === "figures" ? showFigures(value) : showEntries(value)),
  });
}

async function refresh() {
  const [rules, status] = await Promise.all([ask("/v1/rules"), ask("/v1/status")]);
  if (rules.ok) ruleNames = rules.body.segments.map(({ name }) => name);
  if (status.ok) byId("node").textContent = `${status.body.version} · ${status.body.node}`;
  await Promise.all([refreshSegments(), refreshSending(), refreshNights()]);
}

async function refreshNights() {
  const answer = await ask("/v1/nights?limit=30");
  if (!answer.ok) return;
  nights = answer.body.nights;
  drawNights();
}

async function refreshSending() {
  const answer = await ask("/v1/channels");
  if (!answer.ok) return;
  sending = answer.body;
  drawSending();
}

/** All of history is read for it, so it is asked for and not looked at by itself. */
async function compareGroups() {
  const button = byId("uplift-ask");
  button.disabled = true;
  byId("uplift-as-of").textContent = say("upliftAsking");
  const answer = await ask("/v1/uplift");
  button.disabled = false;
  uplift = answer.ok ? answer.body : undefined;
  drawUplift();
  if (!answer.ok) byId("uplift-as-of").textContent = say("upliftFailed", { message: answer.body.message ?? "" });
}

function drawUplift() {
  showUplift({ place: byId("uplift"), asOf: byId("uplift-as-of") }, uplift);
}

function drawSending() {
  if (sending !== undefined) showSending({ orders: byId("sending-orders"), table: byId("sending") }, sending);
}

function drawNights() {
  const [charts, table, none, verdict] = ["nights-charts", "nights", "nights-none", "nights-verdict"].map(byId);
  const place = byId("night-steps");
  const steps = { place, title: byId("night-steps-title"), table: place.querySelector("table") };
  showNights({ charts, table, none, verdict, steps }, nights);
}

function drawSegments() {
  fillSegments({ body: byId("segments").tBodies[0], rest: byId("segments-empty") }, sizes, ruleNames);
}

async function refreshSegments() {
  const answer = await ask("/v1/sizes");
  if (answer.ok) sizes = answer.body.segments;
  drawSegments();
}

function setState(name) {
  state = name;
  const place = byId("state");
  place.dataset.state = name;
  place.textContent = name === "" ? "" : say(name);
}

function showFigures(now) {
  figures = now;
  charts.events.add(now.eventsPerSecond);
  charts.decisions.add(now.decisionsPerSecond);
  charts.latency.add(now.latencyP99Ms ?? 0);
  drawFigures();
}

function drawFigures() {
  if (figures === undefined) return;
  const { eventsPerSecond, decisionsPerSecond, latencyP50Ms, latencyP99Ms, lagRecords } = figures;
  const put = (id, text) => {
    byId(id).textContent = text;
  };
  put("figure-events", number(eventsPerSecond, eventsPerSecond < 10 ? 1 : 0));
  put("figure-decisions", number(decisionsPerSecond, decisionsPerSecond < 10 ? 1 : 0));
  put("figure-latency", latencyP50Ms === undefined ? "–" : milliseconds(latencyP50Ms));
  const most =
    latencyP99Ms === undefined ? say("latencyIdle") : say("latencyMost", { p99: milliseconds(latencyP99Ms) });
  put("figure-latency-most", most);
  put("figure-health", `${number(figures.shardsOwned)} / ${number(figures.shardsTotal)}`);
  put("figure-shards", say("shards"));
  put("figure-health-more", say("sockets", { sockets: number(figures.sockets), inFlight: number(figures.inFlight) }));
  put("figure-lag", lagRecords === 0 ? say("lagNone") : say("lag", { lag: number(lagRecords) }));
}

function showEntries(told) {
  skipped += told.skipped;
  byId("decided-skipped").textContent = skipped === 0 ? "" : say("skipped", { skipped: number(skipped) });
  if (isPaused) return;
  for (const entry of told.entries) {
    if (entry.is === "event" || entry.is === "receipt") {
      addEvent(byId("events"), entry, choose);
      byId("events-none").hidden = true;
      continue;
    }
    const line = decidedLine(entry, choose);
    if (line === undefined) continue;
    addTo(byId("decided"), line);
    byId("decided-none").hidden = true;
  }
}

function choose(profile) {
  byId("who").value = profile;
  void showWho(profile);
  byId("person-title").scrollIntoView({ block: "start" });
}

async function suggest(typed) {
  if (typed.trim().length < 2) return;
  const answer = await ask(`/v1/customers?q=${encodeURIComponent(typed)}`);
  if (!answer.ok) return;
  const options = answer.body.customers.map(({ profile, name, emails, phones, cards }) => {
    const known = emails[0] ?? phones[0] ?? cards[0] ?? profile;
    return make("option", { value: known, label: name === undefined ? known : `${name} · ${known}` });
  });
  byId("people").replaceChildren(...options);
}

async function showWho(who) {
  const answer = await ask(`/v1/profile?who=${encodeURIComponent(who)}`);
  shownWho = answer.ok ? who : undefined;
  if (answer.ok) showPerson(byId("person"), answer.body, (profile, rule) => void explain(profile, rule));
  else byId("person").textContent = answer.body.message ?? say("broken");
}

async function explain(profile, rule) {
  const answer = await ask(`/v1/why?who=${profile}&rule=${encodeURIComponent(rule)}`);
  if (answer.ok) showWhy(byId("why"), answer.body);
}

function pause() {
  isPaused = !isPaused;
  const button = byId("pause");
  button.setAttribute("aria-pressed", String(isPaused));
  button.dataset.word = isPaused ? "resume" : "pause";
  button.textContent = say(button.dataset.word);
}

function chooseLanguage() {
  const select = byId("language");
  select.value = localStorage.getItem("language") ?? (navigator.language.startsWith("fr") ? "fr" : "en");
  const apply = () => {
    setLanguage(select.value);
    document.title = `Vif · ${say("title")}`;
    if (state !== "") setState(state);
    drawFigures();
    drawSending();
    drawNights();
    drawSegments();
    drawUplift();
    for (const chart of Object.values(charts)) chart.draw();
    if (shownWho !== undefined) void showWho(shownWho);
  };
  select.addEventListener("change", () => {
    localStorage.setItem("language", select.value);
    apply();
  });
  apply();
}

function chooseAppearance() {
  const select = byId("appearance");
  const system = matchMedia("(prefers-color-scheme: dark)");
  select.value = localStorage.getItem("appearance") ?? "auto";
  const apply = () => {
    localStorage.setItem("appearance", select.value);
    const isDark = select.value === "dark" || (select.value === "auto" && system.matches);
    document.documentElement.dataset.appearance = isDark ? "dark" : "light";
    for (const chart of Object.values(charts)) chart.draw();
  };
  select.addEventListener("change", apply);
  system.addEventListener("change", apply);
  apply();
}
