import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../tests/support/test-folder.ts";
import { describeChannel, messageTo, type Provider } from "../contract.ts";
import { createRecordingAdapter } from "./adapter.ts";
import { createRecordingFile, type RecordingFile } from "./recording-file.ts";

const parts = { is: "sms", text: "Bonjour Zoë 😀", segments: 1 } as const;

interface RecordedLines extends Provider {
  readonly file: RecordingFile;
  lines(): readonly unknown[];
}

function startRecording(): RecordedLines {
  const folder = createTestFolder("recording");
  const path = join(folder, "recorded.ndjson");
  const file = createRecordingFile(path, 1_000_000);
  const lines = (): readonly unknown[] => {
    try {
      return readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
    } catch {
      return [];
    }
  };
  return {
    file,
    lines,
    get taken() {
      return lines().length;
    },
    become: () => undefined,
    async close() {
      await file.close();
      removeTestFolder(folder);
    },
  };
}

describeChannel<RecordedLines>({
  name: "recording",
  isAlone: true,
  start: () => Promise.resolve(startRecording()),
  open: ({ file }) => createRecordingAdapter("sms", file, () => 0),
  openNowhere: () => createRecordingAdapter("sms", { add: () => Promise.reject(new Error("nowhere")) }, () => 0),
  message: () => messageTo("+33612345678", parts),
  badAddresses: [],
  more(given) {
    it("keeps all that would have been said", async () => {
      const { adapter, provider } = given();
      const message = { ...messageTo("+33612345678", parts), attempt: 3 };
      await adapter.deliver(message, AbortSignal.timeout(30_000));
      expect(provider.lines().at(-1)).toMatchObject({ ...message, at: "1970-01-01T00:00:00.000Z" });
    });

    it("says so where the file cannot be written", async () => {
      const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
      const adapter = createRecordingAdapter("sms", { add: () => Promise.reject(full) }, () => 0);
      expect(await adapter.deliver(messageTo("+33612345678", parts), AbortSignal.timeout(30_000))).toEqual({
        is: "failed",
        reason: "unavailable",
        code: "ENOSPC",
      });
    });
  },
});
