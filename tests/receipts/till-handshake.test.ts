/** Sockets of tills on a running engine: what opens one, and what does not. */
import { io } from "socket.io-client";
import { describe, expect, it } from "vitest";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { openTill, receipt, sendReceipts, tillQuery } from "../support/till-client.ts";
import { StreamClient } from "../gateway/stream-client.ts";

const engine = await createEngineOfFile("till-handshake");

describe("a handshake", () => {
  it("opens one socket, and a second one with it is refused", async () => {
    const query = tillQuery();
    const till = await new StreamClient(engine.port, query).opened();
    expect((await sendReceipts(till, [receipt()]))[0]?.is).toBe("accepted");
    for (const copied of [query, query.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase())])
      await expect(new StreamClient(engine.port, copied).opened()).rejects.toThrow();
    const auth = Object.fromEntries(new URLSearchParams(query));
    const copy = io(`http://127.0.0.1:${engine.port}`, { auth, reconnection: false, transports: ["websocket"] });
    const refused = await new Promise<Error>((resolve) => copy.on("connect_error", resolve));
    expect(refused.message).toMatch(/signature|sign/);
    copy.close();
    const again = await openTill(engine.port);
    expect((await sendReceipts(again, [receipt()]))[0]?.is).toBe("accepted");
    for (const { socket } of [till, again]) socket.close();
  });
});
