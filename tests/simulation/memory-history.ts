/**
 * The durable history of a simulated run, in memory and reached through a faulty connection. It never goes back in time.
 * With faults off it passes the contract suite that the real adapters pass.
 */
import { UNDRAINED, checkDrainWrites } from "../../engine/history/drain-write.ts";
import type {
  AgedScan,
  DrainWrite,
  EmptiedPerson,
  ReplacedRecord,
  History,
  HistoryRow,
  HistorySeal,
  HistoryTotals,
  HistoryWatermark,
  KeptDocument,
  KeptName,
  ReceiptRow,
  SnapshotHead,
  SnapshotName,
} from "../../engine/history/port.ts";
import { sealOf } from "../../engine/history/seal.ts";
import { knownReceipt, receiptTotals } from "../../engine/history/receipt-rows.ts";
import { HistoryUnavailable } from "../../engine/model/errors.ts";
import type { Position, ShardId } from "../../engine/model/ids.ts";
import type { KnownReceipt } from "../../engine/model/receipt.ts";
import { countAgedIn, latestAmong, withoutAged } from "./aged-rows.ts";
import { FLUSHED_AT_ONCE, Remote } from "./remote.ts";
import type { Actor, Scheduler } from "./scheduler.ts";

export class MemoryHistory {
  readonly remote: Remote;
  /** Of each shard in order of position. */
  readonly rows = new Map<ShardId, HistoryRow[]>();
  readonly #seals = new Map<ShardId, readonly HistorySeal[]>();
  readonly #documents = new Map<string, KeptDocument>();
  readonly #snapshots = new Map<ShardId, SnapshotHead>();
  readonly #pages = new Map<string, Uint8Array>();
  readonly #watermarks = new Map<ShardId, HistoryWatermark>();

  constructor(scheduler: Scheduler) {
    this.remote = new Remote(scheduler, FLUSHED_AT_ONCE, (what) => new HistoryUnavailable(what));
  }

  watermark(shard: ShardId): HistoryWatermark {
    return this.#watermarks.get(shard) ?? UNDRAINED;
  }

  /** The port, as one life of a node uses it. */
  connect(actor: Actor | undefined): History {
    const who = actor?.name ?? "test";
    const call = <T>(label: string, writes: boolean, act: () => T): Promise<T> =>
      this.remote.call(actor, { label: `${who} history ${label}`, writes, waitsForFlush: false }, act);
    return {
      watermarks: () => call("watermarks", false, () => new Map(this.#watermarks)),
      drain: async (writes) => {
        checkDrainWrites(writes);
        return call("drain", true, () => writes.map((write) => this.#drain(write)));
      },
      records: (shard, after, limit) => call("records", false, () => this.#records(shard, after, limit)),
      receipt: (digest) => call("receipt", false, () => this.#receipt(digest)),
      totals: () => call("totals", false, () => this.#totals()),
      events: () => {
        throw new Error("nobody looks at the past in a simulation");
      },
      seals: (shard, after, limit) =>
        call("seals", false, () => (this.#seals.get(shard) ?? []).filter(({ to }) => to > after).slice(0, limit)),
      document: (name) => call("document", false, () => this.#documents.get(`${name.kind} ${name.key}`)),
      documents: (kind, limit) => call("documents", false, () => this.#documentsOf(kind).slice(0, limit)),
      putDocument: (name, content, from) => call("put document", true, () => this.#put(name, content, from)),
      snapshot: (shard) => call("snapshot", false, () => this.#snapshots.get(shard)),
      snapshotPage: (name, page) => call("snapshot page", false, () => this.#pages.get(pageName(name, page))),
      putSnapshotPage: (name, page, content) =>
        call("put snapshot page", true, () => {
          this.#pages.set(pageName(name, page), Uint8Array.from(content));
        }),
      finishSnapshot: (head, kept) => call("finish snapshot", true, () => this.#finish(head, kept)),
      forgetPages: (shard, kept) => call("forget pages", true, () => this.#forgetPages(shard, kept)),
      countAged: (scan) => call("count aged", false, () => countAgedIn(this.rows.get(scan.shard) ?? [], scan)),
      removePeople: (shard, people) => call("remove people", true, () => this.#removePeople(shard, people)),
      removeAged: (scan, limit) => call("remove aged", true, () => this.#removeAged(scan, limit)),
      replaceRecords: (shard, kind, records) =>
        call("replace records", true, () => this.#replace(shard, kind, records)),
      removeRepeated: (shard, position) => call("remove repeated", true, () => this.#removeRepeated(shard, position)),
      forgetSeals: (shard, upTo) =>
        call("forget seals", true, () => {
          this.#seals.set(
            shard,
            (this.#seals.get(shard) ?? []).filter(({ to }) => to > upTo),
          );
        }),
      // What has gone has left no room.
      compact: () => Promise.resolve({ before: 0, after: 0 }),
      copyTo: () => Promise.resolve(undefined),
      recordsOf: () => Promise.reject(new Error("nobody looks at the past in a simulation")),
      latestOf: (kinds, most, behind) =>
        call("latest", false, () => latestAmong([...this.rows.values()].flat(), { kinds, most, behind })),
      countEvents: () => Promise.reject(new Error("nobody looks at the past in a simulation")),
      people: () => Promise.reject(new Error("nobody is sought in a simulation")),
      rebuildPeople: () => Promise.reject(new Error("nobody is sought in a simulation")),
      transitions: () => call("transitions", false, () => this.#totals().transitions),
      close: () => Promise.resolve(),
    };
  }

  #removePeople(shard: ShardId, people: readonly EmptiedPerson[]): number {
    const upTo = new Map(people.map((person) => [person.profile, person.upTo]));
    const rows = this.rows.get(shard) ?? [];
    const kept = rows.filter(({ profile, position }) => profile === undefined || position > (upTo.get(profile) ?? 0));
    this.rows.set(shard, kept);
    return rows.length - kept.length;
  }

  #replace(shard: ShardId, kind: HistoryRow["kind"], records: readonly ReplacedRecord[]): number {
    const fresh = new Map(records.map(({ position, record }) => [position, Buffer.from(record)]));
    let replaced = 0;
    const replace = (row: HistoryRow): HistoryRow => {
      const record = row.kind === kind ? fresh.get(row.position) : undefined;
      if (record === undefined) return row;
      replaced += 1;
      // What a row says of itself it reads of its record when it is asked.
      return Object.assign(Object.create(Object.getPrototypeOf(row) as object), row, { record }) as HistoryRow;
    };
    this.rows.set(shard, (this.rows.get(shard) ?? []).map(replace));
    return replaced;
  }

  #removeAged(scan: AgedScan, limit: number): number {
    const rows = this.rows.get(scan.shard) ?? [];
    const left = withoutAged(rows, scan, limit);
    this.rows.set(scan.shard, left);
    return rows.length - left.length;
  }

  #records(shard: ShardId, after: Position, limit: number): readonly HistoryRow[] {
    const rows = this.rows.get(shard) ?? [];
    const from = rows.findIndex((row) => row.position > after);
    return from === -1 ? [] : rows.slice(from, from + limit);
  }

  #receipt(digest: string): KnownReceipt | undefined {
    const rows = [...this.rows.values()].flat();
    const ofCustomer = (row: HistoryRow): boolean => row.profile !== undefined;
    const found = rows.filter((row) => row.receipt?.facts.digest === digest);
    const row = found.find(ofCustomer) ?? found[0];
    if (row?.receipt === undefined) return undefined;
    const returns = rows.flatMap(({ receipt, profile }) =>
      receipt?.facts.refersTo === digest && profile !== undefined
        ? [
            {
              digest: receipt.facts.digest,
              reversed: receipt.reversed,
              eligible: receipt.eligible,
              parts: jsonOf(receipt),
            },
          ]
        : [],
    );
    const { earned, eligible, answer, facts } = row.receipt;
    const { kind, currency, at: occurred_at, lines: line_count, linesAmount: lines_amount, total } = facts;
    const sums = { kind, currency, occurred_at, line_count, lines_amount, total };
    const parts = jsonOf(row.receipt);
    return knownReceipt({ profile: row.profile ?? null, earned, eligible, answer, parts, ...sums }, returns);
  }

  #documentsOf(kind: string): readonly KeptDocument[] {
    return [...this.#documents.values()]
      .filter((document) => document.kind === kind)
      .sort((a, b) => (a.key < b.key ? 1 : -1));
  }

  #put({ kind, key }: KeptName, content: Uint8Array | undefined, from: number | undefined): boolean {
    const name = `${kind} ${key}`;
    const standing = this.#documents.get(name)?.version ?? 0;
    if (from !== undefined && from !== standing) return false;
    if (content === undefined) this.#documents.delete(name);
    else this.#documents.set(name, { kind, key, version: standing + 1, content: Uint8Array.from(content) });
    return true;
  }

  #finish(head: SnapshotHead, kept: string | undefined): boolean {
    const ours = Array.from({ length: head.pages }, (_, page) => pageName(head, page));
    if (!ours.every((page) => this.#pages.has(page))) return false;
    this.#snapshots.set(head.shard, { ...head, content: Uint8Array.from(head.content) });
    this.#forgetPages(head.shard, kept === undefined ? [] : [kept]);
    return true;
  }

  #forgetPages(shard: ShardId, others: readonly string[]): void {
    const kept = [...others, this.#snapshots.get(shard)?.take];
    for (const page of [...this.#pages.keys()])
      if (page.startsWith(`${shard} `) && !kept.some((take) => page.startsWith(`${shard} ${take} `)))
        this.#pages.delete(page);
  }

  #removeRepeated(shard: ShardId, position: Position): number {
    const rows = this.rows.get(shard) ?? [];
    const said = new Set<string>();
    const kept = rows.filter((row) => {
      if (row.position !== position) return true;
      const record = Buffer.from(row.record).toString("hex");
      return !said.has(record) && said.add(record);
    });
    this.rows.set(shard, kept);
    return rows.length - kept.length;
  }

  #drain(write: DrainWrite): "ok" | "moved" {
    const at = this.watermark(write.shard);
    if (at.epoch !== write.from.epoch || at.position !== write.from.position) return "moved";
    const rows = this.rows.get(write.shard) ?? [];
    rows.push(...write.rows);
    if (write.rows.length > 0) {
      const seal = { from: at.position, to: write.to.position, digest: sealOf(write.rows) };
      this.#seals.set(write.shard, [...(this.#seals.get(write.shard) ?? []), seal]);
    }
    this.rows.set(write.shard, rows);
    this.#watermarks.set(write.shard, write.to);
    return "ok";
  }

  #totals(): HistoryTotals {
    const rows = [...this.rows.values()].flat();
    const events = rows.filter(({ kind }) => kind === "event");
    const timestamps = events.map((row) => row.event?.timestamp ?? 0);
    const transitions = rows.flatMap((row) => (row.transition === undefined ? [] : [row.transition]));
    return {
      events: events.length,
      profiles: distinct(events.map((row) => row.profile)).length,
      firstTimestamp: timestamps.length === 0 ? undefined : Math.min(...timestamps),
      lastTimestamp: timestamps.length === 0 ? undefined : Math.max(...timestamps),
      byEvent: distinct(events.map((row) => row.event?.name ?? ""))
        .map((name) => {
          const named = events.filter((row) => row.event?.name === name);
          return { name, events: named.length, profiles: distinct(named.map((row) => row.profile)).length };
        })
        .sort((a, b) => b.events - a.events),
      transitions: distinct(transitions.map(({ segment }) => segment)).map((segment) => {
        const of = transitions.filter((transition) => transition.segment === segment);
        const entered = of.filter((transition) => transition.entered).length;
        return { segment, entered, left: of.length - entered };
      }),
      receipts: receiptTotals(summed(rows)),
      watermarks: [...this.#watermarks].map(([shard, watermark]) => ({ shard, ...watermark })),
    };
  }
}

function pageName({ shard, take }: SnapshotName, page: number): string {
  return `${shard} ${take} ${page}`;
}

/** As the statements of the real adapters give them: a row a currency, and one for all. */
function summed(rows: readonly HistoryRow[]): readonly Readonly<Record<string, unknown>>[] {
  const claimed = new Set(
    rows.flatMap(({ receipt, profile }) => (profile === undefined ? [] : [receipt?.facts.digest])),
  );
  const kept = rows.filter(
    ({ receipt, profile }) => receipt !== undefined && (profile !== undefined || !claimed.has(receipt.facts.digest)),
  );
  const currencies = distinct(kept.map(({ receipt }) => receipt?.facts.currency ?? "")).toSorted();
  return [...currencies, null].map((currency) => {
    const of = kept.filter(({ receipt }) => currency === null || receipt?.facts.currency === currency);
    const sum = (value: (row: HistoryRow) => bigint | number | string | undefined): bigint =>
      of.reduce((total, row) => total + BigInt(value(row) ?? 0), 0n);
    const entries = of.filter(({ profile }) => profile !== undefined);
    return {
      currency,
      receipts: of.length,
      returns: of.filter(({ receipt }) => receipt?.facts.kind === "return").length,
      unclaimed: of.length - entries.length,
      lines: sum(({ receipt }) => receipt?.facts.lines),
      lines_amount: sum(({ receipt }) => receipt?.facts.linesAmount),
      total: sum(({ receipt }) => receipt?.facts.total),
      customers: distinct(entries.map(({ profile }) => profile)).length,
      entries: entries.length,
      points: sum(({ receipt, profile }) =>
        profile === undefined ? 0 : (receipt?.earned ?? 0) - (receipt?.reversed ?? 0),
      ),
    };
  });
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

function jsonOf({ parts }: ReceiptRow): string | null {
  return parts === undefined ? null : JSON.stringify(parts);
}
