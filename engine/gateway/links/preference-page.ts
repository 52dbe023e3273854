/** The page where a person sees and says what they want to hear of, and how. Pure: from what is known to markup. */
import type { AskedPurpose, ConsentForm } from "../../language/port.ts";
import { consentOf } from "../../model/consent.ts";
import type { Consent, ConsentView } from "../../model/consent.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";
import type { Page } from "./page-frame.ts";
import { channelWords, dateWords, filled, purposeWords, wordingOf, wordsIn } from "./page-words.ts";
import type { PageLanguage } from "./page-words.ts";

export interface PreferenceState extends ConsentView {
  readonly form: ConsentForm;
  readonly language: PageLanguage;
  /** What has just happened; undefined: the page was opened. */
  readonly after: "saved" | "changed" | undefined;
}

/** What the page is called by in its own form: purposes and channels are names without dots. */
export function answerName(purpose: string, channel: string): string {
  return `${purpose}.${channel}`;
}

export function preferencePage(state: PreferenceState): Page {
  const { form, language, after } = state;
  const words = wordsIn(language);
  const other = language === "en" ? "fr" : "en";
  const hidden = markup`<input type="hidden" name="wording" value="${wordingOf(language, form)}"><input type="hidden" name="lang" value="${language}">`;
  const told =
    after === "saved"
      ? markup`<p role="status">${words.saved}</p>`
      : after === "changed"
        ? markup`<p role="alert">${words.changed}</p>`
        : markup``;
  return {
    language,
    title: words.title,
    brand: form.brand,
    other: { language: other, words: words.other, href: `?lang=${other}` },
    foot: words.kept,
    main: markup`${told}
<p class="soft">${words.intro}</p>
<form method="post" id="answers">
${hidden}
${form.purposes.map((purpose) => purposeCard(purpose, state))}
</form>
<div class="deeds">
<button form="answers">${words.save}</button>
<form method="post">${hidden}<button class="other" name="all" value="refused">${words.stopAll}</button></form>
</div>`,
  };
}

function purposeCard(purpose: AskedPurpose, state: PreferenceState): Markup {
  const title = purposeWords(state.language, purpose);
  return markup`<section class="card" aria-labelledby="purpose-${purpose.name}">
<h2 id="purpose-${purpose.name}">${title}</h2>
${purpose.channels.map((channel) => channelRow({ purpose, channel, title }, state))}
</section>
`;
}

function channelRow(
  { purpose, channel, title }: { readonly purpose: AskedPurpose; readonly channel: string; readonly title: string },
  state: PreferenceState,
): Markup {
  const words = wordsIn(state.language);
  const consent = consentOf(state, purpose.name, channel);
  const name = answerName(purpose.name, channel);
  const answer = (value: "granted" | "refused", text: string): Markup => {
    const checked = consent.answer === value ? markup` checked` : markup``;
    return markup`<label><input type="radio" name="${name}" value="${value}"${checked}>${text}</label>`;
  };
  return markup`<fieldset>
<legend><span class="unseen">${title}: </span>${channelWords(state.language, channel).name}</legend>
<p class="soft">${stateWords(consent, purpose, state)}</p>
<div class="answers">${answer("granted", words.yes)}${answer("refused", words.no)}</div>
</fieldset>
`;
}

function stateWords(consent: Consent, { name, unasked }: AskedPurpose, { form, language }: PreferenceState): string {
  const words = wordsIn(language);
  if (consent.answer === "unasked") {
    if (name === form.tracking) return unasked === "allowed" ? words.counted : words.uncounted;
    return unasked === "allowed" ? words.unaskedAllowed : words.unaskedRefused;
  }
  const said = consent.answer === "granted" ? words.saidYes : words.saidNo;
  return filled(said, { date: dateWords(language, consent.at) });
}

/** What was chosen on the page; `stale`: its words are others by now, so that nobody knows to what it was an answer. */
export type Chosen =
  | {
      readonly is: "answers";
      readonly consent: Readonly<Record<string, string>>;
      readonly words: Readonly<Record<string, string>>;
    }
  | { readonly is: "stale" };

/** Of the answers, those that differ from what is known: what stands as it stood keeps the proof that it has. */
export function chosenOf(sent: URLSearchParams, state: PreferenceState): Chosen {
  const { form, language } = state;
  if (sent.get("wording") !== wordingOf(language, form)) return { is: "stale" };
  const isAll = sent.get("all") === "refused";
  const consent: Record<string, string> = isAll ? { "*": "refused" } : {};
  const words: Record<string, string> = isAll ? { "*": wordsIn(language).stopAll } : {};
  if (isAll) return { is: "answers", consent, words };
  for (const purpose of form.purposes)
    for (const channel of purpose.channels) {
      const name = answerName(purpose.name, channel);
      const answer = sent.get(name);
      if (answer !== "granted" && answer !== "refused") continue;
      if (consentOf(state, purpose.name, channel).answer === answer) continue;
      consent[name] = answer;
      words[name] = `${purposeWords(language, purpose)}: ${channelWords(language, channel).name}`;
    }
  return { is: "answers", consent, words };
}
