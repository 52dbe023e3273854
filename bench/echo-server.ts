/** The floor for a JSON gateway: uWebSockets.js, JSON.parse and a small JSON reply. Prints its port. */
import { createRequire } from "node:module";
import type { TemplatedApp } from "uWebSockets.js";

const uWS = createRequire(import.meta.url)("uWebSockets.js") as { App(): TemplatedApp };

uWS
  .App()
  .ws("/v1/stream", {
    message: (ws, message) => {
      const event = JSON.parse(Buffer.from(message).toString()) as { messageId: string };
      ws.send(`{"messageId":"${event.messageId}","ok":true}`, false);
    },
  })
  .listen("127.0.0.1", 0, (token) => {
    if (token === false) throw new Error("the echo cannot listen");
    const port = (
      createRequire(import.meta.url)("uWebSockets.js") as { us_socket_local_port(token: unknown): number }
    ).us_socket_local_port(token);
    process.stdout.write(`${JSON.stringify({ port })}\n`);
  });
