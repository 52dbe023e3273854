/**
 * Where `vif report` gets its report: from the engine that runs on the data folder, for it alone may hold the embedded
 * history open; or, when none runs, from the history itself. An engine that answers "away" is believed: its history is
 * ours too.
 */
import { reportWaitMsMax } from "../limits.ts";
import type { ControlFile, Report, Status } from "../control/port.ts";

export interface FoundReport {
  readonly report: Report;
  readonly status: Status | undefined;
  readonly source: string;
}

/** Why there is no report, for a person. */
export interface NoReport {
  readonly problem: string;
  readonly remedy: string | undefined;
}

export interface ReportSource {
  /** The running engine's, if one runs. */
  readonly control: ControlFile | undefined;
  /** Reads the history without an engine. */
  readHistory(): Promise<Omit<FoundReport, "status"> | NoReport>;
}

/** @param fresh ask the engine to drain first */
export async function findReport(source: ReportSource, fresh: boolean): Promise<FoundReport | NoReport> {
  const { control } = source;
  if (control !== undefined) {
    const found = await askEngine(control, fresh);
    if (found !== "gone") return found;
  }
  const read = await source.readHistory();
  return "problem" in read ? read : { ...read, status: undefined };
}

/** `gone`: nothing listens there, the engine has just ended or not begun. */
async function askEngine(control: ControlFile, fresh: boolean): Promise<FoundReport | NoReport | "gone"> {
  try {
    if (fresh) {
      const drained = await ask(control, "POST", "/v1/drain");
      if (!drained.ok) return problemOf(drained);
    }
    const [reported, told] = await Promise.all([ask(control, "GET", "/v1/report"), ask(control, "GET", "/v1/status")]);
    if (!reported.ok) return problemOf(reported);
    // Our own engine's answers, made by the schemas that these types come from.
    const report = (await reported.json()) as Report;
    const status = told.ok ? ((await told.json()) as Status) : undefined;
    return { report, status, source: `as told by the engine at ${control.url}` };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") {
      return { problem: `The engine at ${control.url} does not answer.`, remedy: "Try again, or look at its log." };
    }
    if (error instanceof TypeError) return "gone";
    throw error;
  }
}

function ask({ url, token }: ControlFile, method: string, path: string): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(reportWaitMsMax),
  });
}

async function problemOf(response: Response): Promise<NoReport> {
  const body = (await response.json().catch(() => undefined)) as { readonly message?: unknown } | undefined;
  const said = typeof body?.message === "string" ? body.message : `status ${response.status}`;
  return { problem: `The engine cannot report: ${said}`, remedy: undefined };
}
