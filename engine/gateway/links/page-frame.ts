/**
 * The frame of the pages that links in messages lead to: one document, its style within it, no script, nothing from
 * elsewhere. Its address is a secret of one person, so it is kept by nobody and told to nobody: no cache, no Referer, no
 * search engine. Works without JavaScript, by keyboard and by screen reader, light and dark, from 320 pixels on.
 */
import { createHash } from "node:crypto";
import type { HttpExchange } from "../http-exchange.ts";
import { type Markup, markup, Markup as Ready } from "./markup.ts";
import type { PageLanguage } from "./page-words.ts";

const STYLE = `
:root{color-scheme:light dark;--paper:#f4f5f2;--card:#fff;--ink:#1d2320;--soft:#545d57;--line:#d5dad5;--deed:#14604a;--deed-ink:#fff;--good:#e2f1ea;--good-ink:#0f4a39}
@media (prefers-color-scheme:dark){:root{--paper:#141816;--card:#1e2421;--ink:#eef2ef;--soft:#aab5ae;--line:#3a443f;--deed:#7fd0b1;--deed-ink:#0c241b;--good:#1d3a2f;--good-ink:#c6efdd}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,footer{width:min(40rem,100% - 2rem);margin-inline:auto}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;padding-block:1.25rem .25rem;font-size:.95rem}
header strong{letter-spacing:.02em}
a{color:var(--deed);text-underline-offset:.15em}
h1{font-size:clamp(1.5rem,1.2rem + 2vw,2.1rem);line-height:1.2;margin:1rem 0 .5rem;text-wrap:balance}
h2{font-size:1.1rem;line-height:1.35;margin:0}
p{margin:.5rem 0}
.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1.25rem .35rem;margin:1rem 0}
fieldset{border:0;margin:0;padding:.8rem 0;min-width:0;display:grid;grid-template-columns:1fr auto;gap:.1rem 1rem;align-items:center}
fieldset+fieldset{border-top:1px solid var(--line)}
legend{float:left;padding:0;font-weight:600}
fieldset p{grid-column:1;margin:0;font-size:.875rem}
.answers{grid-column:2;grid-row:1/span 2;display:flex;gap:.5rem}
.answers label{display:flex;align-items:center;gap:.45rem;min-height:2.75rem;padding:0 .9rem;border:1px solid var(--line);border-radius:2rem;cursor:pointer}
.answers label:has(:checked){border-color:var(--deed);background:var(--good);color:var(--good-ink)}
.answers input{accent-color:var(--deed);margin:0;width:1.05rem;height:1.05rem}
.deeds{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
button{font:inherit;font-weight:600;min-height:2.9rem;padding:.4rem 1.4rem;border-radius:2rem;border:1px solid var(--deed);background:var(--deed);color:var(--deed-ink);cursor:pointer}
button.other{background:transparent;color:var(--deed)}
:focus-visible{outline:3px solid var(--deed);outline-offset:2px}
[role=status],[role=alert]{background:var(--good);color:var(--good-ink);border-radius:.75rem;padding:.8rem 1.1rem;margin:1rem 0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{padding-block:1rem 2.5rem;font-size:.875rem;color:var(--soft)}
@media (max-width:27rem){fieldset{grid-template-columns:1fr}.answers{grid-column:1;grid-row:auto;margin-top:.35rem}.answers label{flex:1;justify-content:center}.deeds button{width:100%}.deeds form{width:100%}}
`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
};

export interface Page {
  readonly language: PageLanguage;
  readonly title: string;
  /** The brand's name; undefined: it has none. */
  readonly brand: string | undefined;
  /** The same page in the other language; undefined: there is none. */
  readonly other: { readonly language: PageLanguage; readonly words: string; readonly href: string } | undefined;
  readonly main: Markup;
  readonly foot: string;
}

export function renderPage({ language, title, brand, other, main, foot }: Page): string {
  const way =
    other === undefined
      ? markup``
      : markup`<a href="${other.href}" hreflang="${other.language}" lang="${other.language}">${other.words}</a>`;
  return markup`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${brand === undefined ? title : `${title} - ${brand}`}</title>
<style>${new Ready(STYLE)}</style>
</head>
<body>
<header><strong>${brand ?? ""}</strong>${way}</header>
<main>
<h1>${title}</h1>
${main}
</main>
<footer><p>${foot}</p></footer>
</body>
</html>
`.text;
}

export function sendPage(
  exchange: HttpExchange,
  page: Page,
  { status = 200, retryAfterMs }: { readonly status?: number; readonly retryAfterMs?: number | undefined } = {},
): void {
  const type = "text/html; charset=utf-8";
  exchange.send(status, renderPage(page), { type, headers: HEADERS, retryAfterMs });
}

/** To a page of this very gateway, told from where this one is: a proxy may have put a path before it. */
export function sendElsewhere(exchange: HttpExchange, location: string): void {
  exchange.send(303, "", { headers: { location, "referrer-policy": "no-referrer", "cache-control": "no-store" } });
}
