/**
 * The example shop: a storefront and a till, to try the engine with before there is a shop of one's own. Served only where
 * nobody but this computer can reach it and the example brand's keys are in use. Its pages are files; what stands here is
 * the part of the brand's own server: it signs who logs in and what the till sends, since neither key belongs into a page,
 * and it speaks to the engine over HTTP like any other server would.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import type { Clock } from "../../model/clock.ts";
import { sayReason } from "../../model/product-reason.ts";
import { wordIn } from "../../model/words-by-language.ts";
import { createGuard } from "../guard.ts";
import type { FaultLog } from "../guard.ts";
import { HttpExchange } from "../http-exchange.ts";
import { problemOf } from "../replies.ts";
import type { EventRouter } from "../router-port.ts";
import { createShopServer } from "./shop-server.ts";
import type { ShopStock } from "./shop-server.ts";
import { addReadPath, endRead } from "../read-path.ts";
import { addFiles } from "../static-files.ts";
import type { StaticFile } from "../static-files.ts";
import { verifyVisitorToken } from "../visitor-token.ts";

export interface ExampleShopOptions {
  /** Folder of the program. */
  readonly root: string;
  /** Of this gateway, such as `http://127.0.0.1:8080`; asked for when the first question comes. */
  readonly url: () => string;
  readonly serverKey: string;
  readonly till: { readonly name: string; readonly key: string };
  readonly visitorSecrets: readonly string[];
  readonly router: EventRouter;
  readonly clock: Clock;
  readonly makeId: () => string;
  /** The condition of a content's choice, counted from 1, as its rule file has it. */
  readonly conditionOf: (content: string, choice: number) => string | undefined;
  readonly onFault: FaultLog;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
};
/** As strict as there is: nothing but files of this origin, and no text becomes markup but by the SDK's own policy. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vif";
const PAGE_HEADERS = { "content-security-policy": POLICY, "referrer-policy": "same-origin" };
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** @returns false when the program was built without the shop */
export function addExampleShop(app: TemplatedApp, options: ExampleShopOptions): boolean {
  const folder = shopFolder(options.root);
  if (!existsSync(join(folder, "shop.json"))) return false;
  addFiles(app, readShopFiles(options.root));
  for (const path of ["/", "/shop", "/shop/"])
    addReadPath(app, path, (response, request) => {
      const location = `/shop/${languageOf(request)}/`;
      response.writeStatus("302 Found").writeHeader("location", location).endWithoutBody();
    });
  addMissing(app, folder);
  const server = createShopServer(JSON.parse(readFileSync(join(folder, "shop.json"), "utf8")) as ShopStock, options);
  addQuestion(app, "login", options, (question) => server.login(question));
  addQuestion(app, "till", options, (question) => server.ringUp(question));
  addQuestion(app, "panel", options, (question) => look(question, options));
  return true;
}

/** What it sells, as a file of products; empty where the program was built without it. */
export function readShopProducts(root: string): string {
  const file = join(shopFolder(root), "products.json");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** What a person meets who follows a link that leads nowhere; programs are told as everywhere. */
function addMissing(app: TemplatedApp, folder: string): void {
  const pages = { en: readFileSync(join(folder, "en/404.html")), fr: readFileSync(join(folder, "fr/404.html")) };
  addReadPath(app, "/shop/*", (response, request) => {
    const isHead = request.getMethod() === "head";
    if (!request.getHeader("accept").includes("text/html")) return void request.setYield(true);
    const [, , said] = request.getUrl().split("/");
    const language = said === "en" || said === "fr" ? said : languageOf(request);
    response.cork(() => {
      response.writeStatus("404 Not Found").writeHeader("content-type", "text/html; charset=utf-8");
      for (const [name, value] of Object.entries(PAGE_HEADERS)) response.writeHeader(name, value);
      endRead(response, isHead, pages[language]);
    });
  });
}

function languageOf(request: HttpRequest): "en" | "fr" {
  return /^\s*fr\b/i.test(request.getHeader("accept-language")) ? "fr" : "en";
}

function shopFolder(root: string): string {
  return join(root, "dist", "shop");
}

/** The pages, and what belongs to them, as the build wrote them. */
export function readShopFiles(root: string): readonly StaticFile[] {
  const folder = shopFolder(root);
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry): readonly StaticFile[] => {
    const path = relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
    const type = TYPES[path.split(".").at(-1) ?? ""];
    if (!entry.isFile() || type === undefined || entry.name === "404.html") return [];
    const content = readFileSync(join(folder, path));
    const headers = path.endsWith(".html") ? PAGE_HEADERS : undefined;
    const served = `/shop/${path.replace(/index\.html$/, "")}`;
    return [{ path: served, type, content, cache: "no-cache", ...(headers !== undefined && { headers }) }];
  });
}

/** What the brand's server answers: a status and a value to be told as JSON. */
export interface ShopAnswer {
  readonly status: number;
  readonly value: unknown;
}

function addQuestion(
  app: TemplatedApp,
  name: string,
  { onFault }: ExampleShopOptions,
  answer: (question: unknown) => Promise<ShopAnswer>,
): void {
  app.post(`/shop/api/${name}`, (response: HttpResponse, request: HttpRequest) => {
    const host = request.getHeader("host");
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    const guard = createGuard("example shop", onFault, () => exchange.refuse(problemOf("fault"), { closes: true }));
    // A page from elsewhere must not speak for the shop, nor a name that somebody points at this computer.
    const { origin } = exchange;
    const isOwn = LOOPBACK_HOST.test(host) && (origin === undefined || origin === `http://${host}`);
    if (!isOwn) return exchange.refuse(problemOf("origin_refused"), { closes: true });
    guard(() =>
      exchange.readBody((body) =>
        guard(() => {
          void answer(jsonOf(body)).then(
            ({ status, value }) => exchange.send(status, JSON.stringify(value)),
            (cause: Error) => {
              onFault(`example shop: ${cause.message}`);
              exchange.refuse(problemOf("fault"));
            },
          );
        }),
      ),
    );
  });
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** What is known of the visitor who shows their token, what is decided for them, and by which condition. */
function look(question: unknown, options: ExampleShopOptions): Promise<ShopAnswer> {
  const { visitorToken, language } = (question ?? {}) as Readonly<Record<string, unknown>>;
  const said = language === "fr" ? "fr" : "en";
  const visitor =
    typeof visitorToken === "string" ? verifyVisitorToken(options.visitorSecrets, visitorToken) : undefined;
  if (visitor === undefined) return Promise.resolve(refusal(problemOf("bad_visitor_token", "/visitorToken")));
  return new Promise((resolve) => {
    options.router.read({ kind: "anonymous", value: visitor }, "profile", (answer) => {
      if (answer.is !== "read") return resolve(refusal(problemOf("busy")));
      const { view, decisions } = answer;
      const value = {
        known: view !== undefined,
        identifiers: view?.identifiers ?? [],
        attributes: view?.attributes ?? {},
        segments: view?.segments ?? [],
        decisions: decisions.map(({ content, show, choice, products, message }) => {
          // A message stands in the place of a content, and was set off by a trigger.
          const because = message === undefined ? options.conditionOf(content, choice) : undefined;
          const strip = products?.map(({ id, title, why }) => ({
            title: wordIn(title, said) ?? id,
            reason: sayReason(why, said),
          }));
          return {
            content,
            show,
            ...(message !== undefined && { message }),
            ...(because !== undefined && { because }),
            ...(strip !== undefined && { products: strip }),
          };
        }),
      };
      resolve({ status: 200, value });
    });
  });
}

/** A question that cannot be answered, with the reason. */
export function refusal(problem: ReturnType<typeof problemOf>): ShopAnswer {
  return { status: problem.code === "busy" ? 503 : 400, value: { success: false, problem } };
}
