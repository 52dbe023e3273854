/**
 * The overview page: a few files of `page/`, read once, served as they are to anybody, for nothing of the brand is in
 * them. What the page shows it asks for, logged in. The policy lets it run and style with its own files only, and talk to
 * this server only. Source: https://www.w3.org/TR/CSP3/
 */
import { readFileSync } from "node:fs";
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

/** @param folder where they lie; an engine is started from bundles, which lie elsewhere than their sources */
export function readPageFiles(folder: string): readonly PageFile[] {
  const read = (path: string, file: string): PageFile => {
    const ending = file.slice(file.lastIndexOf(".") + 1) as keyof typeof TYPES;
    return { path, type: TYPES[ending], text: readFileSync(join(folder, file), "utf8") };
  };
  return [
    read("/", "overview.html"),
    read("/overview.css", "overview.css"),
    read("/overview.mjs", "overview.mjs"),
    read("/live.mjs", "live.mjs"),
    read("/lists.mjs", "lists.mjs"),
    read("/chart.mjs", "chart.mjs"),
    read("/words.mjs", "words.mjs"),
    read("/icon.svg", "icon.svg"),
  ];
}
