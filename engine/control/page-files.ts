/**
 * The overview page: a few files of `page/`, read once, served as they are to anybody, for nothing of the brand is in
 * them. What the page shows it asks for, logged in. The policy lets it run and style with its own files only, and talk to
 * this server only. Source: https://www.w3.org/TR/CSP3/
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const TYPES = { html: "text/html; charset=utf-8", css: "text/css", mjs: "text/javascript", svg: "image/svg+xml" };

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
};

const MISSING = {
  en: { title: "There is nothing here", back: "To the overview" },
  fr: { title: "Il n’y a rien ici", back: "Vers la vue d’ensemble" },
} as const;

/** What a person sees at an address that is none; programs get a problem as JSON. */
export function missingPage(acceptedLanguages: string): string {
  const language = /^\s*fr\b/i.test(acceptedLanguages) ? "fr" : "en";
  const { title, back } = MISSING[language];
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Vif · ${title}</title>
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/overview.css"></head>
<body><main class="login card"><h1>${title}</h1><p><a href="/">${back}</a></p></main></body>
</html>
`;
}

/**
 * All of them, so that none that a script imports can be forgotten here.
 *
 * @param folder where they lie; an engine is started from bundles, which lie elsewhere than their sources
 */
export function readPageFiles(folder: string): readonly PageFile[] {
  return readdirSync(folder).map((file) => {
    const ending = file.slice(file.lastIndexOf(".") + 1) as keyof typeof TYPES;
    const path = file === "overview.html" ? "/" : `/${file}`;
    return { path, type: TYPES[ending], text: readFileSync(join(folder, file), "utf8") };
  });
}
