/** `vif preview --to`, by the settings that an engine has, to a real SMTP server, with no engine running. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SmtpProvider, startSmtpProvider } from "../../channels/email/smtp-provider-fixtures.ts";
import { ROOT } from "../source-tree.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

let folder = "";
let provider: SmtpProvider;

beforeAll(async () => {
  folder = createTestFolder("test-send");
  provider = await startSmtpProvider();
});

afterAll(async () => {
  await provider.close();
  removeTestFolder(folder);
});

function vif(...args: readonly string[]): Promise<{ code: number; err: string }> {
  const settings = {
    VIF_DATA_DIR: join(folder, "data"),
    VIF_RULES: join(ROOT, "rules"),
    VIF_SMTP_URL: `smtp://127.0.0.1:${provider.port}`,
    VIF_EMAIL_FROM: "Shop <hello@shop.example>",
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, "dist/engine/cli/main.js"), ...args],
      { cwd: folder, env: { PATH: process.env["PATH"], ...settings } },
      (error, _out, err) => resolve({ code: typeof error?.code === "number" ? error.code : 0, err: err.trim() }),
    );
  });
}

it("sends one test to one address, marked as such, and records nothing", async () => {
  const sent = await vif("preview", "cart-abandoned", "--channel=email", "--language=en", "--to=me@shop.example");
  expect(sent).toEqual({ code: 0, err: "Sent to me@shop.example by email, as a test." });
  expect(provider.mails.map(({ to }) => to)).toEqual([["me@shop.example"]]);
  expect(provider.mails[0]?.raw).toContain("Subject: [Test] Your cart has waited for you");
  expect(provider.mails[0]?.raw).not.toContain("List-Unsubscribe");
  expect(existsSync(join(folder, "data", "recorded.ndjson"))).toBe(false);
});

it("asks nobody about an address that is none, and says so", async () => {
  const sent = await vif("preview", "cart-abandoned", "--channel=email", "--to=me@shop.example, you@shop.example");
  expect(sent).toMatchObject({ code: 1, err: expect.stringContaining("rejected, bad_address") as string });
  expect(provider.mails).toHaveLength(1);
});
