import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../../tests/support/test-folder.ts";
import { compileEmails } from "./compile-emails.ts";
import { openEmailCache } from "./email-cache.ts";

let folder: string;
beforeAll(() => void (folder = createTestFolder("emails")));
afterAll(() => removeTestFolder(folder));

const hello = (title: string, text = "x"): string =>
  `---\nen: {subject: a, preheader: b, title: ${title}}\n---\n<mj-section><mj-column><mj-text>${text} {{t.title}}</mj-text></mj-column></mj-section>\n`;

async function compile(path: string, texts: Readonly<Record<string, string>>) {
  const sources = Object.entries(texts).map(([name, text]) => ({
    file: { path: `../templates/email/${name}.hbs`, text },
    report: (complaint: { readonly message: string }) => void complaints.push(complaint.message),
  }));
  const complaints: string[] = [];
  const cache = await openEmailCache(path);
  return { emails: await compileEmails(sources, cache), complaints };
}

it("what was compiled is the same out of the file, and what has changed is made anew", async () => {
  const path = join(folder, "emails.json");
  const first = await compile(path, { one: hello("One"), two: hello("Two") });
  expect(JSON.parse(readFileSync(path, "utf8"))).toHaveLength(2);
  // Marked, so that it is seen whether the file was asked.
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("<html", "<html data-kept"));
  const again = await compile(path, { one: hello("One"), two: hello("Two", "y") });
  expect(again.emails[0]?.html.replace(" data-kept", "")).toBe(first.emails[0]?.html);
  expect(again.emails[0]?.html).toContain("data-kept");
  expect(again.emails[1]?.html).not.toContain("data-kept");
  expect(again.emails[1]?.html).toContain("y {{t.title}}");
  // Words are no part of what is compiled: another title is the same e-mail.
  expect((await compile(path, { one: hello("Other") })).emails[0]?.html).toContain("data-kept");
  expect(JSON.parse(readFileSync(path, "utf8"))).toHaveLength(1);
});

it("the layout is part of every e-mail", async () => {
  const path = join(folder, "layout.json");
  const layout = (colour: string): string =>
    `---\nen: {}\n---\n<mjml><mj-body background-color="${colour}">{{content}}</mj-body></mjml>\n`;
  const red = await compile(path, { layout: layout("#ff0000"), one: hello("One") });
  const blue = await compile(path, { layout: layout("#0000ff"), one: hello("One") });
  expect(red.emails[0]?.html).toContain("#ff0000");
  expect(blue.emails[0]?.html).toContain("#0000ff");
});

it("what MJML has refused is refused again, and a broken file is as good as none", async () => {
  const path = join(folder, "broken.json");
  writeFileSync(path, "{ broken");
  const wrong = hello("One").replace("<mj-column>", "").replace("</mj-column>", "");
  const first = await compile(path, { one: wrong });
  expect(first.complaints.join()).toContain("MJML: ");
  expect((await compile(path, { one: wrong })).complaints).toEqual(first.complaints);
  expect((await compile(path, { one: hello("One") })).complaints).toEqual([]);
});
