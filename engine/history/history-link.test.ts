import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { describeHistory } from "./contract.ts";
import { createEmbeddedHistory } from "./embedded/duckdb-history.ts";
import { connectHistory, serveHistory } from "./history-link.ts";
import type { History } from "./port.ts";

function linked(history: History): History {
  const { port1, port2 } = new MessageChannel();
  serveHistory(history, port1);
  return connectHistory(port2);
}

describeHistory("DuckDB over links", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vif-history-link-"));
  const file = join(folder, "history.duckdb");
  let served = await createEmbeddedHistory({ file });
  const clients = [linked(served)];
  const again = async () => {
    const client = linked(served);
    clients.push(client);
    return client;
  };
  const closeAll = async () => {
    for (const client of clients.splice(0)) await client.close();
    await served.close();
  };
  return {
    history: clients[0] ?? served,
    again,
    reopen: async () => {
      await closeAll();
      served = await createEmbeddedHistory({ file });
      return again();
    },
    drop: async () => {
      await closeAll();
      rmSync(folder, { recursive: true });
    },
  };
});

test("whoever waits when the other end closes is told", async () => {
  const { port1, port2 } = new MessageChannel();
  const client = connectHistory(port2);
  const waiting = client.records(0 as ShardId, 0, 1);
  port1.close();
  await expect(waiting).rejects.toMatchObject({ code: "history_unavailable" });
  await expect(client.watermarks()).rejects.toMatchObject({ code: "history_unavailable" });
});
