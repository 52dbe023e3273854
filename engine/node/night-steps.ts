/** What a night does behind its comparison, and how it is told: what has changed, and a line for the log. Pure. */
import type { RfmReport } from "../backtest/port.ts";
import type { NightStep, ReconcileReport, RetainReport, StepHindrance } from "../reconcile/port.ts";

/** What a step has come to. */
export interface StepTold extends Pick<NightStep, "changed" | "problem" | "because"> {
  /** undefined: nothing worth a line. */
  readonly note: string | undefined;
}

/** What was learned of products; `problem`: why nothing was. */
export type Learned =
  | { readonly is: "learned"; readonly customers: number }
  | { readonly is: "stays"; readonly because: string }
  | { readonly is: "problem"; readonly message: string };

export function nightNote({ profiles, drifts, repaired, startedAt, endedAt }: ReconcileReport): string {
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const found = drifts === 0 ? "live is what history says" : `${drifts} differences, ${repaired} of them settled`;
  return `${profiles} profiles compared in ${seconds} s: ${found}`;
}

export function retainTold(report: RetainReport): StepTold {
  const { events, fields = [], compacted, anonymous, letters, emptied, shown } = report;
  const rows = [...events, ...fields].reduce((sum, each) => sum + each.rows, emptied?.rows ?? 0);
  const profiles = anonymous?.people ?? 0;
  const values = fields.reduce((sum, field) => sum + field.people, 0);
  const { messages: showing = 0, decisions = 0, unreadable = 0 } = shown ?? {};
  const messages = (letters?.messages ?? 0) + showing;
  const said = [
    ...(profiles === 0 ? [] : [`${profiles} anonymous profiles went that had no event for so long`]),
    ...(values === 0 ? [] : [`${values} values of fields went that were said too long ago`]),
    ...(messages === 0
      ? []
      : [`${messages} messages were let go that had come to nothing too long ago, or showed an event that is too old`]),
    ...(decisions === 0 ? [] : [`${decisions} decisions hold no properties of events any more that are too old`]),
    ...(unreadable === 0 ? [] : [`${unreadable} decisions in history cannot be read, and stay as they are`]),
    ...(rows === 0 && compacted === undefined ? [] : [`${rows} rows of history went that were too old to be kept`]),
    ...(compacted === undefined ? [] : [diskNote(compacted)]),
  ];
  const bytes = typeof compacted === "object" ? Math.max(0, compacted.before - compacted.after) : 0;
  return {
    changed: counted({ rows, values, profiles, messages, decisions, bytes }),
    note: said.length === 0 ? undefined : said.join("; "),
    ...leftBehind(report),
  };
}

/** Nothing of what could tell why they differ goes. */
export function withheldTold({ drifts }: Pick<ReconcileReport, "drifts">): StepTold {
  const put = putOff([{ is: "differences", count: drifts }]);
  return { changed: {}, note: `what is too old stays: ${put.problem}`, ...put };
}

/** How many nights in a row, of which the latest comes first, have left what is too old for what differed. */
export function nightsWithheld(nights: readonly Pick<ReconcileReport, "steps">[]): number {
  // One that only compared, or has not come so far, says nothing of it.
  const retained = nights.flatMap(({ steps }) => steps?.find(({ step }) => step === "retain") ?? []);
  const went = retained.findIndex(({ because }) => because?.some(({ is }) => is === "differences") !== true);
  return went === -1 ? retained.length : went;
}

function putOff(because: readonly StepHindrance[]): { readonly problem: string; readonly because: typeof because } {
  return { problem: because.map(hindranceTold).join("; "), because };
}

function hindranceTold({ is, count = 0 }: StepHindrance): string {
  switch (is) {
    case "differences": {
      const differ = count === 1 ? "1 difference was found" : `${count} differences were found`;
      return `${differ}, and nothing goes that could tell why`;
    }
    case "unsnapped_rows":
      return `${count} rows of history wait until a snapshot stands for them`;
    case "no_room":
      return NO_ROOM;
    case "busy":
      return "history was being read, and could not be written anew";
  }
}

/** Why not all that was too old has gone; undefined: it has. */
function leftBehind({ events, fields = [], compacted, shown }: RetainReport): ReturnType<typeof putOff> | undefined {
  const waiting = [...events, ...fields].reduce((sum, each) => sum + each.waiting, shown?.waiting ?? 0);
  const because: StepHindrance[] = [];
  if (waiting > 0) because.push({ is: "unsnapped_rows", count: waiting });
  if (compacted === "no_room" || compacted === "busy") because.push({ is: compacted });
  return because.length === 0 ? undefined : putOff(because);
}

const NO_ROOM = "the disk is too full to write history anew";

function diskNote(compacted: NonNullable<RetainReport["compacted"]>): string {
  if (compacted === "busy") return "their room is given back by a later night";
  if (compacted === "no_room") return `${NO_ROOM}: their room is given back by a later night`;
  return `history takes ${compacted.after} bytes of the disk, and took ${compacted.before}`;
}

export function rfmTold({ customers, recorded, unreached, startedAt, endedAt }: RfmReport): StepTold {
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const left = unreached === 0 ? "" : `, ${unreached} wait for the next night`;
  const note = `RFM: of ${customers} customers ${recorded} have other scores than before, recorded in ${seconds} s${left}`;
  return { changed: counted({ scores: recorded }), note };
}

export function learnedTold(learned: Learned): StepTold {
  switch (learned.is) {
    case "learned": {
      const { customers } = learned;
      return { changed: counted({ customers }), note: `recommendations: learned from ${customers} customers` };
    }
    case "stays":
      return { changed: {}, note: `recommendations: ${learned.because}` };
    case "problem":
      return {
        changed: {},
        note: `recommendations: nothing was learned: ${learned.message}`,
        problem: learned.message,
      };
  }
}

function counted(counts: NightStep["changed"]): NightStep["changed"] {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
