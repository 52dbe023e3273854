/** What a customer's hands and eyes meet in the example shop: whole rows at every width, keys, a cart of many. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { browserMissing } from "../support/browser.ts";
import { setUpShop } from "../support/shop-in-browser.ts";

describe.skipIf(browserMissing !== undefined)(`the example shop at hand (${browserMissing ?? "Chromium"})`, () => {
  const shop = setUpShop("shop-at-hand");

  async function open(path: string): Promise<Page> {
    const page = await (await shop.browser().newContext()).newPage();
    await page.goto(shop.address(path));
    return page;
  }

  it("begins no row of products on its first page that is not filled, at any width and in either layout", async () => {
    const page = await open("fr/");
    for (const layout of ["layout-classic", "layout-salon"]) {
      // As the storefront does when that layout is decided.
      await page.locator("html").evaluate((html, name) => html.setAttribute("data-layout", name), layout);
      for (const width of [320, 375, 600, 768, 900, 1060, 1280, 1600]) {
        await page.setViewportSize({ width, height: 800 });
        const tops = await page
          .locator("#main .few")
          .first()
          .locator(":scope > li:visible")
          .evaluateAll((cards) => cards.map((card) => Math.round(card.getBoundingClientRect().top)));
        const rows = [...new Set(tops)].map((top) => tops.filter((each) => each === top).length);
        expect(tops.length, `${layout}, ${width}`).toBeGreaterThanOrEqual(3);
        expect(new Set(rows).size, `${layout}, ${width}: rows of ${rows.join(", ")}`).toBe(1);
      }
    }
  });

  it("closes what is behind the scenes by Escape, and gives the keyboard back to its button", async () => {
    const page = await open("en/");
    const isOpen = (): Promise<boolean> => page.locator("#panel").isVisible();
    await page.locator(".panel-opener").press("Enter");
    expect(await isOpen()).toBe(true);
    await page.locator("#panel").press("Escape");
    expect(await isOpen()).toBe(false);
    expect(await page.locator(".panel-opener").evaluate((button) => button.matches(":focus"))).toBe(true);
  });

  it("shows what the till prints in the printer's own lines, at any width", async () => {
    const page = await open("en/till/");
    for (const width of [390, 900, 1280]) {
      await page.setViewportSize({ width, height: 850 });
      await page.locator(".keys button").first().click();
      await page.locator("#ring-up button[type=submit]").click();
      const lines = page.locator(".paper .printed p");
      await lines.first().waitFor();
      const rows = await lines.evaluateAll((all) =>
        all.map((line) => {
          const { lineHeight } = line.ownerDocument.defaultView?.getComputedStyle(line) ?? { lineHeight: "0" };
          return Math.round(line.getBoundingClientRect().height / Number.parseFloat(lineHeight));
        }),
      );
      expect(
        rows.every((each) => each === 1),
        `${width}: ${rows.join(", ")}`,
      ).toBe(true);
    }
  });

  describe("on a phone", () => {
    const phone = { width: 390, height: 844 };
    const isInSight = (page: Page, selector: string): Promise<boolean> =>
      page.locator(selector).evaluate((element, height) => {
        const { top, bottom, left, width } = element.getBoundingClientRect();
        const found = element.ownerDocument.elementFromPoint(left + width / 2, (top + bottom) / 2);
        return top >= 0 && bottom <= height && element.contains(found);
      }, phone.height);

    it("keeps the till's total and the way to the payment in sight, wherever among the products one is", async () => {
      const page = await open("fr/till/");
      await page.setViewportSize(phone);
      const keys = page.locator(".keys button");
      for (const at of [0, 9, 35]) {
        await keys.nth(at).click();
        expect(await isInSight(page, "#ring-up button[type=submit]"), `after product ${at}`).toBe(true);
        expect(await isInSight(page, "#sum")).toBe(true);
      }
      await page.locator("#ring-up button[type=submit]").click();
      await page.locator(".paper").waitFor();
      await expect.poll(() => isInSight(page, ".paper h3 >> nth=0")).toBe(true);
      await keys.nth(3).click();
      expect(await page.locator(".paper").count()).toBe(0);
    });

    it("leaves half of the page in sight beside what is behind the scenes, and covers nothing of its end", async () => {
      const page = await open("en/p/chelsea-cognac/");
      await page.setViewportSize(phone);
      await page.locator(".panel-opener").click();
      const top = await page.locator("#panel").evaluate((panel) => panel.getBoundingClientRect().top);
      expect(top).toBeGreaterThanOrEqual(phone.height / 2 - 5);
      await page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })");
      expect(await isInSight(page, "footer a")).toBe(true);
      await page.locator(".panel-opener").click();
      await page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })");
      expect(await isInSight(page, "footer a")).toBe(true);
    });
  });

  it("tells how many there are of what was put into the cart twelve times", async () => {
    const page = await open("en/p/coat-night/");
    for (let n = 0; n < 12; n++) await page.locator("#buy button").click();
    await page.goto(shop.address("en/cart/"));
    expect(await page.locator("#cart select").inputValue()).toBe("12");
    expect(await page.locator(".sum strong").textContent()).toBe("€4,668.00");
  });
});
