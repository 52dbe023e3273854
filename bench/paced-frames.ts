/** Text frames that leave over many sockets at a fixed rate, whatever comes back; each is timed from when it was due. */
import { WebSocket } from "ws";

const CONNECTIONS = 16;
const STEP_MS = 2;

export interface PacedFrames {
  /** Of each socket, by its number. */
  readonly urlOf: (socket: number) => string;
  readonly ratePerSecond: number;
  readonly total: number;
  /** The text of each frame, by its number. */
  readonly frame: (n: number) => string;
  /** Which frame a reply is to; undefined: it is none. Throws where it is not the answer that is due. */
  readonly answered: (reply: string) => number | undefined;
}

export interface PacedAnswers {
  /** Wall clock, in ms, at which each frame was due, by its number. */
  readonly dueAt: readonly number[];
  /** From due to answered, by number. */
  readonly answeredMs: readonly number[];
}

/** Resolves when all are answered. Rejects with what `answered` throws. */
export async function sendPaced({ urlOf, ratePerSecond, total, frame, answered }: PacedFrames): Promise<PacedAnswers> {
  const dueAt: number[] = [];
  const answeredMs: number[] = [];
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, (_, socket) => open(urlOf(socket))));
  try {
    await new Promise<void>((resolve, reject) => {
      let left = total;
      for (const socket of sockets)
        socket.on("message", (reply: Buffer) => {
          try {
            const n = answered(reply.toString());
            if (n === undefined) return;
            answeredMs[n] = now() - (dueAt[n] ?? Number.NaN);
            if (--left === 0) resolve();
          } catch (cause) {
            reject(cause instanceof Error ? cause : new Error(String(cause)));
          }
        });
      const beganAt = now();
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor(((now() - beganAt) * ratePerSecond) / 1_000));
        while (dueAt.length < due) {
          const n = dueAt.length;
          dueAt.push(beganAt + (n * 1_000) / ratePerSecond);
          sockets[n % CONNECTIONS]?.send(frame(n));
        }
        if (dueAt.length === total) clearInterval(timer);
      }, STEP_MS);
    });
  } finally {
    for (const socket of sockets) socket.terminate();
  }
  return { dueAt, answeredMs };
}

/** Of the wall clock, in parts of a millisecond. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}
