/**
 * An answer that takes its time (control/streamed-answer.ts), followed to its end: what is said meanwhile, and last the
 * report, or what went away.
 */
import type { Asked, EngineClient } from "./engine-client.ts";

export interface FollowedQuestion {
  readonly path: string;
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** What the engine says on the way, by name. */
  readonly onSaid?: (name: string, data: unknown) => void;
  /** What it means that the engine has said nothing more: it was killed, or the asker was stopped. */
  readonly unended: { readonly problem?: string; readonly remedy: string | undefined };
}

export async function followAnswer<Answer>(
  client: Pick<EngineClient, "listen">,
  { path, body, signal, onSaid, unended }: FollowedQuestion,
): Promise<Asked<Answer>> {
  const { problem = "The engine has ended before it was done.", remedy } = unended;
  let found: Asked<Answer> = { is: "no", code: undefined, problem, remedy };
  const each = (name: string, text: string): void => {
    // Our own engine's, made by the schemas that these types come from.
    const data: unknown = JSON.parse(text);
    if (name === "report") found = { is: "answer", answer: data as Answer };
    else if (name === "problem") {
      const { code, message } = data as { readonly code: string; readonly message: string };
      found = { is: "no", code, problem: message, remedy: undefined };
    } else onSaid?.(name, data);
  };
  const told = await client.listen(path, each, signal, body);
  return told.is === "no" ? told : found;
}
