/** `POST /v1/backup`: all of history into a folder of this computer, while everything goes on. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { SetupError } from "../model/errors.ts";
import { BackupRequestSchema } from "./backup-port.ts";
import type { BackedUp, BackupQuestions } from "./backup-port.ts";
import type { sendProblem } from "./login-routes.ts";
import { streamAnswer } from "./streamed-answer.ts";

export function addBackupRoute(
  server: FastifyInstance,
  { backUp }: BackupQuestions,
  with_: {
    readonly onRequest: (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => Promise<void>;
    readonly onFault: ((error: Error) => void) | undefined;
  },
): void {
  const { onRequest, onFault } = with_;
  const schema = { body: BackupRequestSchema };
  server.post<{ Body: Static<typeof BackupRequestSchema> }>("/v1/backup", { onRequest, schema }, (request, reply) =>
    streamAnswer(reply, () => answer(backUp, request.body.folder), onFault),
  );
}

async function answer(backUp: BackupQuestions["backUp"], folder: string): Promise<BackedUp> {
  try {
    const { at, shards, bytes } = await backUp(folder);
    return { is: "done", at, shards, bytes };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { is: "refused", problem: error.message, remedy: error.remedy };
  }
}
