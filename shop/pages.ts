/**
 * The example shop's pages as HTML, one set a language: written once, when the program is built. What changes with the
 * visitor are the slots, which the engine fills, and the cart, which is the browser's own. No style and no script stands in
 * a page, so that it is served under a strict Content-Security-Policy.
 */
import { CATEGORIES, CUSTOMERS, LANGUAGES, PRODUCTS } from "./catalogue.ts";
import type { Category, Language, Product } from "./catalogue.ts";
import { CATEGORY_NAMES, WORDS, formatPrice } from "./words.ts";

interface Page {
  readonly language: Language;
  /** Below `/shop/<language>/`: empty, or ending in a slash. */
  readonly path: string;
  readonly kind: "home" | "category" | "product" | "cart" | "order" | "account" | "till" | "missing";
  readonly title: string;
  readonly main: string;
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Paths below `/shop/`, each with its HTML. */
export function renderPages(): Readonly<Record<string, string>> {
  const pages = LANGUAGES.flatMap((language) => [
    homePage(language),
    ...CATEGORIES.map((category) => categoryPage(language, category)),
    ...PRODUCTS.map((product) => productPage(language, product)),
    cartPage(language),
    orderPage(language),
    accountPage(language),
    tillPage(language),
  ]);
  return Object.fromEntries([
    ...pages.map((page) => [`${page.language}/${page.path}index.html`, renderPage(page)]),
    ...LANGUAGES.map((language) => [`${language}/404.html`, renderPage(missingPage(language))]),
  ]);
}

function renderPage({ language, path, kind, title, main }: Page): string {
  const words = WORDS[language];
  const other = language === "en" ? "fr" : "en";
  const link = (to: string, text: string, more = ""): string =>
    `<a href="/shop/${language}/${to}"${to === path ? ' aria-current="page"' : ""}${more}>${escape(text)}</a>`;
  const departments = CATEGORIES.map(
    (category) => `<li>${link(`${category}/`, CATEGORY_NAMES[language][category])}</li>`,
  );
  const isTill = kind === "till";
  const scripts = isTill
    ? `<script src="/shop/till.js" defer></script>`
    : `<script src="/vif.js" data-key="example-write-key"></script>\n<script src="/shop/storefront.js"></script>`;
  const banner = isTill
    ? ""
    : `<aside class="banner-place" data-vif-slot="banner" aria-label="${words.offers}"></aside>\n`;
  return `<!doctype html>
<html lang="${language}" data-kind="${kind}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<meta name="description" content="${escape(words.tagline)}">
<link rel="icon" href="/shop/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/shop/style.css">
${scripts}
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
${banner}<header class="top">
<a class="brand" href="/shop/${language}/"><img src="/shop/icon.svg" alt="" width="36" height="36"><span>${escape(words.brand)}</span></a>
<nav class="departments" aria-label="${words.menu}"><ul>${departments.join("")}</ul></nav>
<ul class="own">
<li><a href="/shop/${other}/${path}" lang="${other}" hreflang="${other}">${words.language}</a></li>
<li>${link("account/", words.account, ' id="account-link"')}</li>
<li><a href="/shop/${language}/cart/"${path === "cart/" ? ' aria-current="page"' : ""}>${words.cart} <span id="cart-count" class="count" hidden></span></a></li>
</ul>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer class="bottom">
<p>${words.madeUp}</p>
<ul><li><a href="/shop/${language}/till/">${words.tillLink}</a></li></ul>
${isTill ? "" : `<section id="privacy" aria-label="${words.privacy}"></section>`}
</footer>
</body>
</html>
`;
}

function price(language: Language, product: Product): string {
  const { price: now, was } = product;
  if (was === undefined) return `<span class="price">${formatPrice(language, now)}</span>`;
  const { before } = WORDS[language];
  return `<span class="price"><ins>${formatPrice(language, now)}</ins> <del><span class="unseen">${before} </span>${formatPrice(language, was)}</del></span>`;
}

/** What the shop's script knows of a product. */
function facts(language: Language, { id, name, category, price: amount, was }: Product): string {
  return `data-product="${id}" data-name="${escape(name[language])}" data-category="${category}" data-price="${amount}" data-sale="${was !== undefined}"`;
}

function card(language: Language, product: Product): string {
  const words = WORDS[language];
  const name = escape(product.name[language]);
  const mark = product.was === undefined ? "" : `<span class="mark">${words.sale}</span>`;
  return `<li class="card" ${facts(language, product)}>
<a href="/shop/${language}/p/${product.id}/"><span class="frame"><img src="/shop/pictures/${product.id}.svg" alt="" width="240" height="240" loading="lazy">${mark}</span>
<span class="name">${name}</span></a>
<div class="under">${price(language, product)}<button type="button" class="look" aria-label="${words.lookAt} ${name}">${words.look}</button></div>
</li>`;
}

/** @param wanted of a few only as many are shown as fill whole rows */
function grid(language: Language, products: readonly Product[], wanted: "all" | "few" = "all"): string {
  return `<ul class="${wanted === "few" ? "grid few" : "grid"}">${products.map((product) => card(language, product)).join("\n")}</ul>`;
}

function homePage(language: Language): Page {
  const words = WORDS[language];
  const sections = CATEGORIES.map((category) => {
    const name = CATEGORY_NAMES[language][category];
    const products = PRODUCTS.filter((product) => product.category === category);
    return `<section aria-labelledby="${category}"><h2 id="${category}"><a href="/shop/${language}/${category}/">${name}</a></h2>${grid(language, products.slice(0, 5), "few")}</section>`;
  });
  const main = `<h1 class="unseen">${escape(words.brand)}</h1>
<section class="hero-place" data-vif-slot="home-hero" aria-live="polite">
<div class="hero"><div class="hero-words"><p class="over">${escape(words.brand)}</p><h2>${escape(words.tagline)}</h2></div>
<img class="hero-picture" src="/shop/pictures/hero-autumn.svg" alt="" width="520" height="360"></div>
</section>
${sections.join("\n")}`;
  return { language, path: "", kind: "home", title: `${words.brand}: ${words.tagline}`, main };
}

function categoryPage(language: Language, category: Category): Page {
  const words = WORDS[language];
  const name = CATEGORY_NAMES[language][category];
  const products = PRODUCTS.filter((product) => product.category === category);
  const main = `<div class="heading"><h1>${name}</h1><p>${products.length} ${words.results}</p></div>\n${grid(language, products)}`;
  return { language, path: `${category}/`, kind: "category", title: `${name} · ${words.brand}`, main };
}

function productPage(language: Language, product: Product): Page {
  const words = WORDS[language];
  const name = escape(product.name[language]);
  const { category, sizes } = product;
  const index = PRODUCTS.indexOf(product);
  const others = PRODUCTS.filter((each) => each.category !== category);
  const near = [0, 7, 13, 19, 23].map((step) => others[(index * 3 + step) % others.length] as Product);
  const choices = sizes
    .map((size, at) => {
      const mid = at === Math.floor(sizes.length / 2) ? " checked" : "";
      return `<label><input type="radio" name="size" value="${size}"${mid}><span>${size}</span></label>`;
    })
    .join("");
  const picker =
    sizes.length === 1 ? "" : `<fieldset class="sizes"><legend>${words.size}</legend>${choices}</fieldset>`;
  const main = `<nav class="crumbs" aria-label="${words.home}"><a href="/shop/${language}/">${words.home}</a> <span aria-hidden="true">/</span> <a href="/shop/${language}/${category}/">${CATEGORY_NAMES[language][category]}</a></nav>
<article class="product" ${facts(language, product)}>
<span class="frame"><img src="/shop/pictures/${product.id}.svg" alt="${name}" width="480" height="480"></span>
<div class="about">
<h1>${name}</h1>
<p class="amount">${price(language, product)}</p>
<form id="buy">${picker}
<button class="button" type="submit">${words.add}</button> <span class="done" role="status"></span></form>
<p>${words.details}</p>
<p class="quiet">${words.delivery}</p>
</div>
</article>
<section class="strip-place" data-vif-slot="product-strip" data-vif-product="${product.id}" aria-label="${words.goesWith}"><h2>${words.goesWith}</h2>${grid(language, near)}</section>`;
  return {
    language,
    path: `p/${product.id}/`,
    kind: "product",
    title: `${product.name[language]} · ${words.brand}`,
    main,
  };
}

function cartPage(language: Language): Page {
  const words = WORDS[language];
  const main = `<div class="heading"><h1>${words.cart}</h1></div>\n<div id="cart"></div>
<section class="strip-place" data-vif-slot="basket-strip" aria-label="${words.alsoTaken}"></section>`;
  return { language, path: "cart/", kind: "cart", title: `${words.cart} · ${words.brand}`, main };
}

function orderPage(language: Language): Page {
  const words = WORDS[language];
  const main = `<div class="heading centred"><img src="/shop/pictures/hero-parcel.svg" alt="" width="390" height="270">
<h1>${words.orderedTitle}</h1><p>${words.orderNumber} <strong id="order-number"></strong></p><p>${words.orderedText}</p>
<p><a class="button" href="/shop/${language}/">${words.cartGo}</a></p></div>`;
  return { language, path: "order/", kind: "order", title: `${words.orderedTitle} · ${words.brand}`, main };
}

function customerName({ traits }: (typeof CUSTOMERS)[number]): string {
  return `${traits.first_name} ${traits.last_name}`;
}

/** Shown at every address of the shop that is none. */
function missingPage(language: Language): Page {
  const words = WORDS[language];
  const main = `<div class="heading centred"><img src="/shop/pictures/hero-autumn.svg" alt="" width="390" height="270">
<h1>${words.missingTitle}</h1><p>${words.missingText}</p>
<p><a class="button" href="/shop/${language}/">${words.cartGo}</a></p></div>`;
  return { language, path: "", kind: "missing", title: `${words.missingTitle} · ${words.brand}`, main };
}

function accountPage(language: Language): Page {
  const words = WORDS[language];
  const people = CUSTOMERS.map((customer) => {
    const { userId, card: number, traits } = customer;
    const name = customerName(customer);
    return `<li class="person"><h2>${name}</h2><p class="quiet">${words.card} ${words.tier[traits.card_tier]} · ${number}</p><button class="button" type="button" data-customer="${userId}" data-person="${name}" aria-label="${words.signIn} ${name}">${words.signIn} ${traits.first_name}</button></li>`;
  });
  const main = `<div class="heading"><h1>${words.accountTitle}</h1><p>${words.accountText}</p></div>
<p id="signed-in" class="notice" role="status" hidden></p>
<ul class="people">${people.join("")}</ul>`;
  return { language, path: "account/", kind: "account", title: `${words.accountTitle} · ${words.brand}`, main };
}

function tillPage(language: Language): Page {
  const words = WORDS[language];
  const keys = PRODUCTS.map((product) => {
    const name = escape(product.name[language]);
    return `<li><button type="button" ${facts(language, product)}><img src="/shop/pictures/${product.id}.svg" alt="" width="72" height="72" loading="lazy"><span>${name}</span><span class="price">${formatPrice(language, product.price)}</span></button></li>`;
  });
  const cards = CUSTOMERS.map(
    (customer) => `<option value="${customer.card}">${customerName(customer)} · ${customer.card}</option>`,
  );
  const main = `<div class="heading"><h1>${words.tillTitle}</h1><p>${words.tillText}</p></div>
<div class="till">
<section aria-label="${words.collection}"><ul class="keys">${keys.join("")}</ul></section>
<section class="basket" aria-labelledby="basket-title">
<h2 id="basket-title">${words.tillBasket}</h2>
<form id="ring-up">
<label for="card">${words.tillCard}</label>
<select id="card"><option value="">${words.tillNobody}</option>${cards.join("")}</select>
<ul id="lines"></ul>
<p class="sum">${words.total} <strong id="sum"></strong></p>
<button class="button" type="submit" disabled>${words.tillPay}</button>
</form>
<div id="answer" role="status"></div>
</section>
</div>`;
  return { language, path: "till/", kind: "till", title: `${words.tillTitle} · ${words.brand}`, main };
}
