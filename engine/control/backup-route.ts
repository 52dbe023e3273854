/** `POST /v1/backup`: all of history into a folder of this computer, while everything goes on. */
import type { FastifyInstance } from "fastify";
import { SetupError } from "../model/errors.ts";
import { BackupRequestSchema } from "./backup-port.ts";
import type { BackedUp, BackupQuestions } from "./backup-port.ts";
import { createBodyReader } from "./question-reader.ts";
import { sendProblem } from "./login-routes.ts";
import { isRefusal } from "./refusal.ts";
import { streamAnswer } from "./streamed-answer.ts";
import type { StreamedRouteOptions } from "./streamed-answer.ts";

export function addBackupRoute(
  server: FastifyInstance,
  { backUp }: BackupQuestions,
  { onRequest, onFault }: StreamedRouteOptions,
): void {
  const readRequest = createBodyReader(BackupRequestSchema);
  server.post("/v1/backup", { onRequest }, async (request, reply) => {
    const asked = readRequest(request.body);
    if (isRefusal(asked)) return sendProblem(reply, asked.refused, asked.message);
    return streamAnswer(reply, () => answer(backUp, asked.folder), onFault);
  });
}

async function answer(backUp: BackupQuestions["backUp"], folder: string): Promise<BackedUp> {
  try {
    const { at, shards, size } = await backUp(folder);
    return { is: "done", at, shards, bytes: size };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { is: "refused", problem: error.message, remedy: error.remedy };
  }
}
