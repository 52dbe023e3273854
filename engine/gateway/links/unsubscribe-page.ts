/** The page that asks before it stops something, and the one that says that it is stopped. Pure. */
import type { AskedPurpose, ConsentForm } from "../../language/port.ts";
import { markup } from "./markup.ts";
import type { LinkedMessage } from "./message-links.ts";
import type { Page } from "./page-frame.ts";
import { channelWords, filled, purposeWords, wordingOf, wordsIn } from "./page-words.ts";
import type { PageLanguage } from "./page-words.ts";

export interface Stopping {
  readonly language: PageLanguage;
  readonly form: ConsentForm;
  /** Path of the page where all can be seen. */
  readonly more: string;
}

type Stopped = Pick<LinkedMessage, "category" | "channel"> | "all";

export function askStopPage(message: Pick<LinkedMessage, "category" | "channel">, way: Stopping): Page {
  const { language, form, more } = way;
  const words = wordsIn(language);
  const other = language === "en" ? "fr" : "en";
  const hidden = markup`<input type="hidden" name="lang" value="${language}">`;
  return {
    language,
    title: words.stopTitle,
    brand: form.brand,
    other: { language: other, words: words.other, href: `?lang=${other}` },
    foot: words.kept,
    main: markup`<p>${filled(words.stopAsk, namesOf(message, way))}</p>
<div class="deeds">
<form method="post">${hidden}<button>${words.stop}</button></form>
<form method="post">${hidden}<button class="other" name="all" value="refused">${words.stopAll}</button></form>
</div>
<p><a href="${more}">${words.more}</a></p>`,
  };
}

export function stoppedPage(stopped: Stopped, way: Stopping): Page {
  const { language, form, more } = way;
  const words = wordsIn(language);
  const told = stopped === "all" ? words.stoppedAll : filled(words.stopped, namesOf(stopped, way));
  return {
    language,
    title: words.stoppedTitle,
    brand: form.brand,
    other: undefined,
    foot: words.kept,
    main: markup`<p role="status">${told}</p>
<p><a href="${more}">${words.more}</a></p>`,
  };
}

/** What stopping says, and to which wording: none, where a mail program did it and no page was shown. */
export function stoppingOf(
  stopped: Stopped,
  { language, form }: Stopping,
  isOneClick: boolean,
): { readonly consent: Readonly<Record<string, string>>; readonly wording: string | undefined } {
  const about = stopped === "all" ? "*" : `${stopped.category}.${stopped.channel}`;
  return { consent: { [about]: "refused" }, wording: isOneClick ? undefined : wordingOf(language, form) };
}

function namesOf(
  { category, channel }: Pick<LinkedMessage, "category" | "channel">,
  { language, form }: Stopping,
): Readonly<Record<string, string>> {
  // A purpose that consent.yaml has no more is still one that somebody wants to be rid of.
  const gone: AskedPurpose = { name: category, title: {}, channels: [channel], unasked: "refused" };
  const purpose = form.purposes.find(({ name }) => name === category) ?? gone;
  return { purpose: purposeWords(language, purpose), channel: channelWords(language, channel).by };
}

/** A page that has something to say and nothing to do. */
export function notePage(
  language: PageLanguage,
  { title, text }: { readonly title: string; readonly text: string },
): Page {
  return { language, title, brand: undefined, other: undefined, foot: "", main: markup`<p>${text}</p>` };
}
