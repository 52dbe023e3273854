/**
 * The overview page's words in English and French, and numbers and times as each language writes them. Every text that the
 * page shows of its own stands here; names of rules and people are shown as they are.
 */
import { NIGHT_WORDS } from "./night-words.mjs";
import { SENDING_WORDS } from "./sending-words.mjs";
import { UPLIFT_WORDS } from "./uplift-words.mjs";

export const WORDS = {
  en: {
    ...NIGHT_WORDS.en,
    ...SENDING_WORDS.en,
    ...UPLIFT_WORDS.en,
    skip: "Skip to the content",
    language: "Language",
    appearance: "Appearance",
    auto: "As the system",
    light: "Light",
    dark: "Dark",
    logout: "Log out",
    login: "Log in",
    loginTitle: "Log in",
    loginHow: "Open the link that the engine printed when it started, or that vif doctor prints. It works once.",
    loginToken: "Or paste the control token (control.json in the data folder)",
    loginWrong: "That is not the token, or the link was used already.",
    loginBusy: "Too many wrong tries: wait a minute.",
    title: "What happens now",
    figures: "Figures",
    events: "Events a second",
    decisions: "Decisions a second",
    latency: "Answered within",
    latencyMost: "99 of 100 within {p99}",
    latencyIdle: "nobody asks",
    health: "Engine",
    shards: "shards on this node",
    sockets: "sockets: {sockets}, under way: {inFlight}",
    lag: "{lag} on the way to history",
    lagNone: "history is up to date",
    newest: "Newest decisions",
    newestHow:
      "Segments entered and left, messages set off, and what was shown, with the reason. Choose one to see the person.",
    newestEvents: "Newest events and receipts",
    sale: "sale",
    return: "return",
    nobody: "nobody",
    receiptAt: "receipt {receipt}, {store}, till {till}, lines: {lines}",
    receiptOf: "{kind} {receipt}, {store}, till {till}",
    receiptPoints: "{points} points, balance {balance}",
    loyalty: "Loyalty: {balance} points, receipts: {receipts}",
    pause: "Pause",
    resume: "Go on",
    nothingYet: "Nothing yet. Send an event, and it shows here.",
    nothingDecided: "Nothing yet. When an event changes what holds for somebody, it shows here.",
    skipped: "{skipped} more in this time are not shown.",
    segments: "Segments",
    segment: "Segment",
    people: "People",
    share: "Share",
    noSegments: "Nobody is in a segment yet.",
    person: "One person",
    personHow: "Name, e-mail, phone, card, user id, anonymous id or profile id",
    show: "Show",
    entered: "entered",
    left: "left",
    fired: "set off",
    message: "message",
    shown: "shown",
    because: "because {reason}",
    timesShown: "{count} times",
    colon: ": ",
    segmentsEmpty: "{count} of {all} segments have nobody",
    otherwise: "nothing else held",
    live: "live",
    connecting: "connecting",
    broken: "the engine does not answer; trying again",
    unknownPerson: "somebody unknown",
    knownBy: "Known by",
    kind_anonymous: "visitor",
    kind_user: "user",
    kind_email: "e-mail",
    kind_phone: "phone",
    kind_card: "loyalty card",
    kind_telegram: "Telegram",
    identifier_pending: "being settled",
    identifier_unproved: "not proved",
    attributes: "Attributes",
    kept: "Kept for rules",
    decided: "Decided now",
    setOff: "Set off by triggers",
    consents: "Consent",
    consentOf: "{purpose} by {channel}",
    consentProof: "{source}, wording {wording}",
    any: "any",
    granted: "granted",
    refused: "refused",
    messageOf: "message {id}",
    since: "since {time}",
    times: "events: {count}, last {time}",
    began: "Profile {id}, began {time}",
    why: "why?",
    yes: "yes",
    no: "no",
    none: "none",
    chart: "{name}, the last minutes",
  },
  fr: {
    ...NIGHT_WORDS.fr,
    ...SENDING_WORDS.fr,
    ...UPLIFT_WORDS.fr,
    skip: "Aller au contenu",
    language: "Langue",
    appearance: "Apparence",
    auto: "Comme le système",
    light: "Claire",
    dark: "Sombre",
    logout: "Se déconnecter",
    login: "Se connecter",
    loginTitle: "Connexion",
    loginHow: "Ouvrez le lien que le moteur a affiché au démarrage, ou que donne vif doctor. Il sert une fois.",
    loginToken: "Ou collez le jeton de contrôle (control.json dans le dossier de données)",
    loginWrong: "Ce n'est pas le jeton, ou le lien a déjà servi.",
    loginBusy: "Trop d'essais erronés : attendez une minute.",
    title: "Ce qui se passe",
    figures: "Chiffres",
    events: "Événements par seconde",
    decisions: "Décisions par seconde",
    latency: "Réponse en",
    latencyMost: "99 sur 100 en {p99}",
    latencyIdle: "personne ne demande",
    health: "Moteur",
    shards: "partitions sur ce nœud",
    sockets: "connexions : {sockets}, en cours : {inFlight}",
    lag: "{lag} en route vers l'historique",
    lagNone: "l'historique est à jour",
    newest: "Dernières décisions",
    newestHow:
      "Segments rejoints et quittés, messages déclenchés, et ce qui a été montré, avec la raison. Choisissez une ligne pour voir la personne.",
    newestEvents: "Derniers événements et tickets",
    sale: "vente",
    return: "retour",
    nobody: "personne",
    receiptAt: "ticket {receipt}, {store}, caisse {till}, lignes : {lines}",
    receiptOf: "{kind} {receipt}, {store}, caisse {till}",
    receiptPoints: "{points} points, solde {balance}",
    loyalty: "Fidélité : {balance} points, tickets : {receipts}",
    pause: "Pause",
    resume: "Reprendre",
    nothingYet: "Rien encore. Envoyez un événement, il apparaîtra ici.",
    nothingDecided: "Rien encore. Dès qu'un événement change ce qui vaut pour quelqu'un, cela apparaîtra ici.",
    skipped: "{skipped} autres dans ce temps ne sont pas montrés.",
    segments: "Segments",
    segment: "Segment",
    people: "Personnes",
    share: "Part",
    noSegments: "Personne n'est encore dans un segment.",
    person: "Une personne",
    personHow: "Nom, courriel, téléphone, carte, identifiant client, anonyme ou de profil",
    show: "Montrer",
    entered: "rejoint",
    left: "quitté",
    fired: "déclenché",
    message: "message",
    shown: "montré",
    because: "car {reason}",
    timesShown: "{count} fois",
    colon: " : ",
    segmentsEmpty: "{count} segments sur {all} sans personne",
    otherwise: "rien d'autre ne s'appliquait",
    live: "en direct",
    connecting: "connexion",
    broken: "le moteur ne répond pas ; nouvel essai",
    unknownPerson: "une personne inconnue",
    knownBy: "Connue par",
    kind_anonymous: "visiteur",
    kind_user: "utilisateur",
    kind_email: "e-mail",
    kind_phone: "téléphone",
    kind_card: "carte de fidélité",
    kind_telegram: "Telegram",
    identifier_pending: "en cours d'attribution",
    identifier_unproved: "non prouvé",
    attributes: "Attributs",
    kept: "Gardé pour les règles",
    decided: "Décidé maintenant",
    setOff: "Messages déclenchés",
    consents: "Consentement",
    consentOf: "{purpose} par {channel}",
    consentProof: "{source}, version {wording}",
    any: "tous",
    granted: "accordé",
    refused: "refusé",
    messageOf: "message {id}",
    since: "depuis le {time}",
    times: "événements : {count}, dernier le {time}",
    began: "Profil {id}, depuis le {time}",
    why: "pourquoi ?",
    yes: "oui",
    no: "non",
    none: "rien",
    chart: "{name}, ces dernières minutes",
  },
};

let language = "en";

export function setLanguage(wanted) {
  language = wanted in WORDS ? wanted : "en";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]"))
    element.textContent = say(element.getAttribute("data-word") ?? "");
}

/** A text with `{name}` filled in. */
export function say(word, values = {}) {
  const text = WORDS[language][word] ?? word;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function signed(value) {
  return new Intl.NumberFormat(language, { signDisplay: "exceptZero" }).format(value);
}

/** A share of 1 as percent. */
export function percent(share) {
  return new Intl.NumberFormat(language, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 2,
  }).format(share);
}

/** A difference of shares in points. */
export function points(share) {
  return decimal(share * 100);
}

/** A difference, to the hundredth. */
export function decimal(value) {
  const form = { signDisplay: "exceptZero", minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return new Intl.NumberFormat(language, form).format(value);
}

export function money(value, currency) {
  return new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 4 }).format(value);
}

export function milliseconds(value) {
  return `${new Intl.NumberFormat(language, { maximumSignificantDigits: 2 }).format(value)} ms`;
}

export function seconds(value) {
  return say("nightSeconds", { seconds: number(value, value < 10 ? 1 : 0) });
}

export function clockTime(instant) {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium", hourCycle: "h23" }).format(instant);
}

export function dayTime(instant) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(instant);
}
