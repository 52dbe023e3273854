/** Watching a real folder: what is told of it, and when. Time is turned by hand; the file system's own events may come or not. */
import { cpSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RulesReading } from "./read-rules.ts";
import { createRulesThread } from "./rules-thread.ts";
import { type RulesWatch, watchRules } from "./watch-rules.ts";

let folder: string;
let watching: RulesWatch | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-rules-"));
  cpSync("rules", folder, { recursive: true });
});
afterEach(() => {
  watching?.close();
  rmSync(folder, { recursive: true, force: true });
});

const vip = (when: string) => `segment: vip\nwhen: ${when}\n`;

function observe() {
  const readings: (RulesReading | Error)[] = [];
  let pending: (() => void) | undefined;
  let arrived = (): void => undefined;
  watching = watchRules({
    folder,
    timers: {
      after(_delayMs, task) {
        pending = task;
        arrived();
        return () => {
          pending = undefined;
        };
      },
    },
    onReading: (reading) => readings.push(reading),
    onTrouble: (cause) => readings.push(cause),
  });
  return {
    readings,
    /** Waits until the watch waits, lets its time pass, and waits again. */
    async turn(): Promise<void> {
      for (let times = 0; times < 2; times++) {
        while (pending === undefined) await new Promise<void>((resolve) => (arrived = resolve));
        const task = pending;
        if (times === 1) return;
        pending = undefined;
        task();
      }
    },
  };
}

describe("a watched rules folder", () => {
  it("is read at once, and again only when it says something new", async () => {
    const { readings, turn } = observe();
    await turn();
    expect(readings).toMatchObject([{ is: "sound" }]);
    writeFileSync(join(folder, "segments/vip.yaml"), vip("card_tier = gold"));
    await turn();
    expect(readings).toHaveLength(2);
    writeFileSync(join(folder, "segments/vip.yaml"), `# a comment means nothing\n${vip("card_tier   =   gold")}`);
    await turn();
    expect(readings).toHaveLength(2);
  });

  it("tells of mistakes, and of the way back to what stood before", async () => {
    const { readings, turn } = observe();
    await turn();
    const [first] = readings;
    cpSync(join(folder, "segments/vip.yaml"), join(folder, "kept"));
    writeFileSync(join(folder, "segments/vip.yaml"), vip("card_tier = glod"));
    await turn();
    expect(readings[1]).toMatchObject({
      is: "refused",
      problems: [{ code: "unknown_choice", path: "segments/vip.yaml" }],
    });
    renameSync(join(folder, "kept"), join(folder, "segments/vip.yaml"));
    await turn();
    expect(readings[2]).toEqual(first);
  });

  it("follows editors that write beside and rename, and overlooks their scratch files", async () => {
    const { readings, turn } = observe();
    await turn();
    writeFileSync(join(folder, "segments/.vip.yaml.swp"), "scratch");
    writeFileSync(join(folder, "segments/vip.yaml~"), "scratch");
    await turn();
    expect(readings).toHaveLength(1);
    writeFileSync(join(folder, "segments/4913"), vip("card_tier = silver"));
    renameSync(join(folder, "segments/4913"), join(folder, "segments/vip.yaml"));
    await turn();
    expect(readings).toHaveLength(2);
  });

  it("tells of a link that leads nowhere, and when it leads somewhere again", async () => {
    const { readings, turn } = observe();
    await turn();
    renameSync(join(folder, "segments/vip.yaml"), join(folder, "kept"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "segments/vip.yaml"));
    await turn();
    expect(readings[1]).toMatchObject({
      is: "refused",
      problems: [{ code: "broken_link", path: "segments/vip.yaml" }],
    });
    renameSync(join(folder, "kept"), join(folder, "elsewhere"));
    await turn();
    expect(readings[2]).toEqual(readings[0]);
  });

  it("says when it cannot be read, and goes on trying", async () => {
    const { readings, turn } = observe();
    await turn();
    renameSync(folder, `${folder}-away`);
    await turn();
    await turn();
    expect(readings.slice(1)).toMatchObject([{ message: `there is no rules folder ${folder}` }]);
    renameSync(`${folder}-away`, folder);
    await turn();
    // The last word is not that it is gone.
    expect(readings.slice(2)).toMatchObject([{ is: "sound" }]);
    writeFileSync(join(folder, "segments/vip.yaml"), vip("card_tier = silver"));
    await turn();
    expect(readings.at(-1)).toMatchObject({ is: "sound" });
  });
});

describe("the rules thread", () => {
  it("tells of the first reading and of each change from another thread", async () => {
    const readings: RulesReading[] = [];
    let arrived = (): void => undefined;
    const thread = createRulesThread({
      folder,
      onReading: (reading) => {
        readings.push(reading);
        arrived();
      },
      onTrouble: (cause) => {
        throw cause;
      },
    });
    const nth = async (count: number) => {
      while (readings.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    };
    try {
      await nth(1);
      expect(readings[0]).toMatchObject({ is: "sound" });
      expect(readings[0]).toHaveProperty("bytes.length");
      writeFileSync(join(folder, "segments/vip.yaml"), vip("nothing = here"));
      await nth(2);
      expect(readings[1]).toMatchObject({ is: "refused" });
    } finally {
      await thread.close();
    }
  });
});
