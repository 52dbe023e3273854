/** A way to a server that can be severed, go silent and be mended, as networks do, while the server itself goes on. */
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

export interface SeverableLink {
  readonly port: number;
  /** Connections end, and new ones are ended at once. */
  sever(): void;
  /** Nothing comes through any more, either way, and nobody is told. */
  silence(): void;
  /** Who connects from now on gets through. Connections that went silent are severed. */
  mend(): void;
  close(): Promise<void>;
}

export async function createSeverableLink(to: {
  readonly host: string;
  readonly port: number;
}): Promise<SeverableLink> {
  let state: "sound" | "severed" | "silent" = "sound";
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    if (state === "severed") return void near.destroy();
    const far = connect(to.port, to.host);
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on("data", (chunk) => {
        if (state === "sound") other.write(chunk);
      });
      end.on("error", () => other.destroy());
      end.on("close", () => {
        ends.delete(end);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const severAll = (): void => {
    for (const end of ends) end.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    sever() {
      state = "severed";
      severAll();
    },
    silence: () => void (state = "silent"),
    mend() {
      if (state === "silent") severAll();
      state = "sound";
    },
    close: () => {
      severAll();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
