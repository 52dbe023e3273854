/**
 * How a command asks the engine that runs on the data folder: by its control plane, with the token that only this user can
 * read. An engine that is not there, or does not answer, is told in words; what it refuses comes as it said it.
 */
import { askWaitMsMax, reportWaitMsMax } from "../limits.ts";
import type { ControlFile } from "../control/port.ts";
import type { ExitCode } from "./command.ts";
import type { Style, Terminal } from "./terminal.ts";
import { printable } from "./terminal.ts";

export type Asked<Answer> =
  | { readonly is: "answer"; readonly answer: Answer }
  /** By the engine, or because there is none. */
  | {
      readonly is: "no";
      readonly code: string | undefined;
      readonly problem: string;
      readonly remedy: string | undefined;
    };

export interface EngineClient {
  readonly url: string | undefined;
  /** The answers are our own engine's, made by the schemas that their types come from. */
  ask<Answer>(
    method: "GET" | "POST",
    path: string,
    query?: Readonly<Record<string, string | undefined>>,
  ): Promise<Asked<Answer>>;
  /** A body as it is. */
  send<Answer>(path: string, text: string): Promise<Asked<Answer>>;
  /**
   * Calls `each` for every server-sent event until the engine ends it, or `signal` does.
   * @param body sent along as JSON
   */
  listen(
    path: string,
    each: (name: string, data: string) => void,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<Asked<undefined>>;
}

/** @param control undefined: no engine runs */
export function createEngineClient(control: ControlFile | undefined, dataDir: string): EngineClient {
  const none = {
    is: "no",
    code: undefined,
    problem: `No engine runs on ${dataDir}.`,
    remedy: "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
  } as const;
  const headers = { authorization: `Bearer ${control?.token ?? ""}` };

  async function request(
    method: "GET" | "POST",
    path: string,
    { signal, body, text }: { readonly signal: AbortSignal; readonly body?: unknown; readonly text?: string },
  ): Promise<Response | Asked<never>> {
    if (control === undefined) return none;
    const sent = text !== undefined ? { body: text } : body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const response = await fetch(`${control.url}${path}`, { method, headers, signal, ...sent });
      return response.ok ? response : await refusalOf(response);
    } catch (error) {
      // fetch throws TypeError when nothing listens there.
      if (error instanceof TypeError) return none;
      if (error instanceof Error && error.name === "TimeoutError")
        return {
          is: "no",
          code: undefined,
          problem: `The engine at ${control.url} does not answer.`,
          remedy: "Try again, or look at its log.",
        };
      throw error;
    }
  }

  return {
    url: control?.url,
    async ask<Answer>(method: "GET" | "POST", path: string, query: Readonly<Record<string, string | undefined>> = {}) {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
      const text = search.toString();
      const signal = AbortSignal.timeout(askWaitMsMax);
      const response = await request(method, text === "" ? path : `${path}?${text}`, { signal });
      if ("is" in response) return response;
      return { is: "answer", answer: (await response.json()) as Answer };
    },
    async send<Answer>(path: string, text: string) {
      const response = await request("POST", path, { signal: AbortSignal.timeout(reportWaitMsMax), text });
      if ("is" in response) return response;
      return { is: "answer", answer: (await response.json()) as Answer };
    },
    async listen(path, each, signal, body) {
      const response = await request(body === undefined ? "GET" : "POST", path, { signal, body });
      if ("is" in response) return response;
      try {
        let rest = "";
        const decoder = new TextDecoder();
        for await (const chunk of response.body ?? []) {
          const events = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n\n");
          rest = events.pop() ?? "";
          for (const event of events) {
            const name = /^event: (.*)$/m.exec(event)?.[1];
            const data = /^data: (.*)$/m.exec(event)?.[1];
            if (name !== undefined && data !== undefined) each(name, data);
          }
        }
      } catch (error) {
        if (!signal.aborted && !(error instanceof TypeError)) throw error;
      }
      return { is: "answer", answer: undefined };
    },
  };
}

async function refusalOf(response: Response): Promise<Asked<never>> {
  const body = (await response.json().catch(() => undefined)) as { code?: unknown; message?: unknown } | undefined;
  return {
    is: "no",
    code: typeof body?.code === "string" ? body.code : `status_${response.status}`,
    problem: typeof body?.message === "string" ? body.message : `The engine answered with status ${response.status}.`,
    remedy: response.status === 401 ? "The engine was started anew perhaps: try again." : undefined,
  };
}

/** Says on the terminal why there is no answer. */
export function sayNo({ err, errStyle }: Terminal, no: Extract<Asked<never>, { is: "no" }>): void {
  err(errStyle.red(printable(no.problem)));
  if (no.remedy !== undefined) err(no.remedy);
}

/** What the engine has told, or where none runs, history: as JSON, or as `render` writes it. */
export function sayFound<Answer>(
  terminal: Terminal,
  { url }: EngineClient,
  found: Asked<Answer>,
  {
    json,
    render,
  }: { readonly json: boolean; readonly render: (answer: Answer, where: string, style: Style) => string },
): ExitCode {
  if (found.is === "no") {
    sayNo(terminal, found);
    return 1;
  }
  const where = url === undefined ? "read from history; no engine runs" : `as told by the engine at ${url}`;
  terminal.out(json ? JSON.stringify(found.answer, undefined, 2) : render(found.answer, where, terminal.outStyle));
  return 0;
}

/** `2026-05-04 10:11:12` of this computer's time zone: for people. */
export function localTime(instant: number): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return String(instant);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function mark(holds: boolean, { green, red }: Style): string {
  return holds ? green("yes") : red("no ");
}
