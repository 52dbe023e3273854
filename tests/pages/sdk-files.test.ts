/** What the build makes of the SDK, without a browser: its size, its types, and that it evaluates nothing. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ROOT } from "../source-tree.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const gzipBytesMax = 6 * 1024;

describe("the SDK's files", () => {
  it.each(["vif.js", "vif.mjs"])("%s is under 6 KB packed, and evaluates nothing", (name) => {
    const text = readFileSync(join(ROOT, "dist", "sdk", name));
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(gzipBytesMax);
    expect(text.toString()).not.toMatch(/\beval\(|new Function|\.write\(|import\(/);
  });

  it("have types that a page's code is checked by", () => {
    const folder = createTestFolder("sdk-types");
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(ROOT, "dist", "sdk"), join(folder, "node_modules", "vif-sdk"));
    const page = (code: string): string =>
      `import { createVif } from "vif-sdk";\nimport type { Decision } from "vif-sdk";\nconst vif = createVif({ key: "k" });\n${code}\n`;
    writeFileSync(
      join(folder, "good.ts"),
      page(`const seen: Decision | undefined = vif.decision("home-hero");
vif.on("decisions", (all) => all.map(({ show }) => show.length));
void vif.track("Seen", { price: 3 }).then((reply) => (reply.ok ? seen?.html : reply.problem.code));`),
    );
    writeFileSync(join(folder, "bad.ts"), page(`vif.track(3);\nvif.on("nothing", () => undefined);`));
    const check = (file: string): string => {
      const options = [
        "--noEmit",
        "--strict",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
        "--target",
        "es2022",
      ];
      try {
        const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
        return String(execFileSync(process.execPath, [tsc, ...options, "--preserveSymlinks", file], { cwd: folder }));
      } catch (error) {
        return String((error as { stdout?: unknown }).stdout);
      }
    };
    expect(check("good.ts")).toBe("");
    expect(check("bad.ts")).toMatch(/bad\.ts\(4,11\).*number.*\n.*bad\.ts\(5,8\)/);
    removeTestFolder(folder);
  });
});
