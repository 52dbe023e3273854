/** A replay whose engine has gone: it can be stopped, and has not forgotten where it was. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../tests/support/test-folder.ts";
import { createClock } from "../create-clock.ts";
import { checkSource } from "../language/port.ts";
import { replayInFlightMax } from "../limits.ts";
import { openText } from "./open-text.ts";
import { createReceiptSender } from "./receipt-sender.ts";
import { createRejectedFile } from "./rejected-file.ts";
import { replay } from "./replay.ts";
import type { ReplayState } from "./replay-state.ts";

const folder = createTestFolder("replay-stopped");
afterAll(() => removeTestFolder(folder));

const SOURCE = `source: shop
receipt:
  id: Receipt
  store: {always: lyon}
  till: {always: "1"}
  time: {column: Time, written: YYYY-MM-DD hh:mm, zone: Europe/Paris}
  currency: {always: EUR}
line: {sku: Article, quantity: Pieces, price: Price}
`;

it("stops when it is told to, though more waits to be sent than an engine that is gone will ever take", async () => {
  const file = join(folder, "many.csv");
  const rows = Array.from({ length: 3 * replayInFlightMax }, (_, n) => `r${n},2024-05-01 10:00,A,1,1.50\n`);
  writeFileSync(file, `Receipt,Time,Article,Pieces,Price\n${rows.join("")}`);
  const { mapping } = checkSource({ path: "shop.yaml", text: SOURCE }, undefined);
  if (mapping === undefined) throw new Error("the source is sound");
  const stop = new AbortController();
  const kept: ReplayState[] = [];
  const timers = {
    // What is waited for comes at once: nobody answers, however long one waits.
    after(_delayMs: number, task: () => void) {
      const pending = setImmediate(task);
      return () => clearImmediate(pending);
    },
  };
  const end = await replay({
    file,
    text: await openText(file),
    mapping,
    mappingDigest: "",
    speed: undefined,
    effects: "off",
    shift: () => 0,
    resumed: undefined,
    keep: (state) => void kept.push(state),
    rejected: createRejectedFile({
      path: `${file}.rejected`,
      elsewhere: `${file}.elsewhere`,
      form: mapping,
      columns: () => [],
      keepBytes: 0,
    }),
    onColumns: () => undefined,
    createSender: (events) =>
      createReceiptSender({
        ...events,
        timers,
        connect: () => ({ send: () => undefined, close: () => undefined }),
      }),
    clock: createClock(),
    timers,
    // As full as it gets: nothing more is taken, and it is then that somebody presses Ctrl-C.
    onProgress: ({ receipts }) => {
      if (receipts > replayInFlightMax) stop.abort();
    },
    signal: stop.signal,
  });
  expect(end).toMatchObject({ is: "stopped", accepted: 0, refused: 0 });
  expect(kept.at(-1)).toMatchObject({ done: false, below: 0 });
});
