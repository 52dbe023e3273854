import { createServer } from "node:net";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import type { ShardId } from "../../model/ids.ts";
import { describeHistory } from "../contract.ts";
import { journalRows, peopleMerged, person, receipt, row, PAST_MERGES } from "../history-fixtures.ts";
import type { History } from "../port.ts";
import { digestMigration } from "../migration.ts";
import { MIGRATIONS } from "./migrations.ts";
import { createSeverableLink } from "../../../tests/support/severable-link.ts";
import { createPostgresHistory } from "./postgres-history.ts";

const url = process.env["VIF_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";
const required = process.env["VIF_TEST_REQUIRE_SERVICES"] === "1";
const admin = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 3_000 });
admin.on("error", () => undefined);
const away = await admin.query("select 1").then(
  () => undefined,
  (error: unknown) => (error instanceof Error ? error.message || error.name : String(error)),
);

afterAll(() => admin.end());

async function ask(text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  return (await admin.query(text, [...values])).rows;
}

let schemas = 0;
function newSchema(): string {
  schemas++;
  return `vif_test_${process.pid}_${Date.now().toString(36)}_${schemas}`;
}

async function dropSchema(schema: string): Promise<void> {
  await ask(`drop schema if exists ${schema} cascade`);
}

describe.skipIf(away !== undefined && !required)(
  away === undefined ? "on PostgreSQL" : `on PostgreSQL (skipped: none at VIF_TEST_POSTGRES, ${away})`,
  () => {
    describeHistory("PostgreSQL", async () => {
      const schema = newSchema();
      const handles: History[] = [];
      const connect = async () => {
        const history = await createPostgresHistory({ url, schema });
        handles.push(history);
        return history;
      };
      const closeAll = () => Promise.all(handles.splice(0).map((handle) => handle.close()));
      return {
        history: await connect(),
        again: connect,
        reopen: async () => {
          await closeAll();
          return connect();
        },
        drop: async () => {
          await closeAll();
          await dropSchema(schema);
        },
      };
    });

    const shard = 0 as ShardId;
    const from = { epoch: 0, position: 0 };

    async function onSchema(task: (history: History, schema: string) => Promise<void>): Promise<void> {
      const schema = newSchema();
      const history = await createPostgresHistory({ url, schema });
      try {
        await task(history, schema);
      } finally {
        await history.close();
        await dropSchema(schema);
      }
    }

    test("a server that has gone silent is away in time, and takes the same again when it is back", async () => {
      const schema = newSchema();
      const server = new URL(url);
      const link = await createSeverableLink({ host: server.hostname, port: Number(server.port || 5432) });
      server.hostname = "127.0.0.1";
      server.port = String(link.port);
      const history = await createPostgresHistory({ url: server.href, schema, drainSilentMsMax: 300 });
      const write = { shard, from, to: { epoch: 1, position: 2 }, rows: journalRows(0, 1, 2) };
      // The whole of a drain: where it goes on, what the rules were that its records tell of, and its rows.
      for (const step of [
        () => history.watermarks(),
        () => history.records(shard, 0, 1),
        () => history.document({ kind: "plans", key: "a" }),
        () => history.putDocument({ kind: "plans", key: "a" }, Buffer.of(1), undefined),
        () => history.drain([write]),
      ]) {
        // By a connection that there is: how long one may take to be made is another limit.
        await history.watermarks();
        link.silence();
        await expect(step()).rejects.toMatchObject({
          code: "history_unavailable",
          message: expect.stringMatching(/has not answered in 300 ms\.$/),
        });
        link.mend();
      }
      expect(await history.drain([write])).toEqual(["ok"]);
      await history.close();
      await link.close();
      await dropSchema(schema);
    });

    test("eight that start at once on an empty database make its tables once", async () => {
      const schema = newSchema();
      const all = await Promise.all(Array.from({ length: 8 }, () => createPostgresHistory({ url, schema })));
      const steps = await ask(`select number from ${schema}.migrations`);
      expect(steps.map((step) => step["number"])).toEqual(MIGRATIONS.map(({ number }) => number));
      await Promise.all(all.map((history) => history.close()));
      await dropSchema(schema);
    });

    /** A schema as its first steps left it. */
    async function createPastSchema(steps: number): Promise<string> {
      const schema = newSchema();
      await ask(`create schema ${schema}`);
      await ask(`create table ${schema}.migrations (number integer primary key, name text not null, digest text not null,
        applied_at timestamptz not null default now())`);
      for (const migration of MIGRATIONS.slice(0, steps)) {
        for (const statement of migration.statements) await ask(statement.replaceAll("$schema", schema));
        const { number, name } = migration;
        const values = [number, name, digestMigration(migration)];
        await ask(`insert into ${schema}.migrations (number, name, digest) values ($1, $2, $3)`, values);
      }
      return schema;
    }

    test("merges that a history had before there was a table of them are found", async () => {
      const schema = await createPastSchema(2);
      await ask(`create table ${schema}.records_2025_03_01 partition of ${schema}.records
        for values from ('2025-03-01') to ('2025-03-02')`);
      for (const { record, position } of PAST_MERGES)
        await ask(
          `insert into ${schema}.records (shard, position, kind, accepted_at, epoch, record)
            values (0, $1, 'received', '2025-03-01', 1, $2)`,
          [position, record],
        );
      const history = await createPostgresHistory({ url, schema });
      expect(await ask(`select loser, winner from ${schema}.merges order by loser`)).toEqual(peopleMerged);
      await history.close();
      await dropSchema(schema);
    });

    test.each(MIGRATIONS.map(({ number }) => number))(
      "receipts that a history of %i steps had are in the partitions of their days, and found by number",
      async (steps) => {
        const schema = await createPastSchema(steps);
        const days = ["2025-03-01T00:00:00Z", "2025-03-01T23:59:59.999Z", "2025-03-03T12:00:00Z"];
        const hadReceipts = steps >= 2 && steps < 5;
        if (hadReceipts)
          for (const [index, day] of days.entries())
            await ask(
              `insert into ${schema}.receipts (shard, position, accepted_at, profile, source, store, till, receipt_id,
                digest, kind, currency, occurred_at, line_count, lines_amount, total, refers_to, flags, earned, reversed,
                eligible, balance, answer)
              values (0, $1::integer, $2, $3, 'till', 's', 't', 'r', lpad($1::integer::text, 16, '0'), 'sale', 'EUR', $2, 1, '300', 3,
                null, '', 3, 0, 3, 3, 'told')`,
              [index + 1, day, person("a")],
            );
        const history = await createPostgresHistory({ url, schema });
        const told = receipt({ digest: "9".padStart(16, "0") });
        const rows = [row(0, 1, { instant: Date.parse(days[2] ?? ""), profile: "b", receipt: told })];
        await history.drain([{ shard, from, to: { epoch: 1, position: 1 }, rows }]);
        const counted = await ask(
          `select tableoid::regclass::text as day, count(*)::int as rows from ${schema}.receipts group by 1 order by 1`,
        );
        const before = hadReceipts ? [{ day: `${schema}.receipts_2025_03_01`, rows: 2 }] : [];
        expect(counted).toEqual([...before, { day: `${schema}.receipts_2025_03_03`, rows: hadReceipts ? 2 : 1 }]);
        expect(await history.receipt("9".padStart(16, "0"))).toMatchObject({ profile: person("b") });
        if (hadReceipts)
          expect(await history.receipt("2".padStart(16, "0"))).toMatchObject({ profile: person("a"), answer: "told" });
        expect((await history.totals()).receipts.receipts).toBe(hadReceipts ? 4 : 1);
        await history.close();
        await dropSchema(schema);
      },
    );

    test("each day of acceptance has its partition, and the day after the last one stands ready", () =>
      onSchema(async (history, schema) => {
        const rows = [
          row(0, 1, { instant: Date.UTC(2025, 2, 1, 23, 59, 59, 999) }),
          row(0, 2, { instant: Date.UTC(2025, 2, 2) }),
        ];
        await history.drain([{ shard, from, to: { epoch: 1, position: 2 }, rows }]);
        for (const table of ["records", "receipts"]) {
          const counted = await ask(
            "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1",
            [`${schema}.${table}`],
          );
          expect(counted.map((partition) => partition["name"])).toEqual(
            ["2025_03_01", "2025_03_02", "2025_03_03"].map((day) => `${schema}.${table}_${day}`),
          );
        }
        const [first] = await ask(`select count(*)::int as rows from ${schema}.records_2025_03_01`);
        expect(first?.["rows"]).toBe(1);
      }));

    test("event bodies can be queried as JSON, odd characters among them", () =>
      onSchema(async (history, schema) => {
        const body = JSON.stringify({ fields: { total: 5, title: "\0 \ud800 \\u0000" } });
        const rows = [...journalRows(0, 1, 1), row(0, 2, { event: { body } })];
        await history.drain([{ shard, from, to: { epoch: 1, position: 2 }, rows }]);
        const found = await ask(`select body #>> '{fields,total}' as total, body #>> '{fields,title}' as title
          from ${schema}.records order by position`);
        expect(found).toEqual([
          { total: "10000", title: 'chose "1" \\ \t é🦆' },
          { total: "5", title: "\ufffd \ufffd \\u0000" },
        ]);
      }));

    test("a connection cut in the middle is a typed error, and the repeated drain is exact", () =>
      onSchema(async (history, schema) => {
        const write = { shard, from, to: { epoch: 1, position: 200 }, rows: journalRows(0, 1, 200) };
        const locker = await admin.connect();
        await locker.query(`begin; lock table ${schema}.watermarks in access exclusive mode`);
        const drained = history.drain([write]);
        const problem = expect(drained).rejects.toMatchObject({ code: "history_unavailable" });
        await expect.poll(() => cutWaiting(schema), { interval: 20, timeout: 10_000 }).toBeGreaterThan(0);
        await locker.query("rollback");
        locker.release();
        await problem;
        expect(await history.drain([write])).toEqual(["ok"]);
        expect(await history.drain([write])).toEqual(["moved"]);
        expect((await history.totals()).watermarks).toEqual([{ shard: 0, epoch: 1, position: 200 }]);
      }));

    test("a row that the server refuses after the last byte fails the drain and leaves nothing", () =>
      onSchema(async (history, schema) => {
        await ask(`alter table ${schema}.records add constraint small check (position < 3)`);
        const write = { shard, from, to: { epoch: 1, position: 3 }, rows: journalRows(0, 1, 3) };
        await expect(history.drain([write])).rejects.toMatchObject({ code: "history_unavailable" });
        expect(await history.watermarks()).toEqual(new Map());
        expect(await history.records(shard, 0, 10)).toEqual([]);
        await ask(`alter table ${schema}.records drop constraint small`);
        expect(await history.drain([write])).toEqual(["ok"]);
      }));

    test.each([
      [
        "of a later version",
        "insert into $.migrations (number, name, digest) values (99, 'to come', 'x')",
        /version 99/,
      ],
      ["made by other steps", "update $.migrations set digest = 'x' where number = 2", /Step 2 .* by another program/],
    ])("a history %s is refused with the remedy", (_how, statement, told) =>
      onSchema(async (_, schema) => {
        await ask(statement.replace("$", schema));
        const refused = createPostgresHistory({ url, schema });
        await expect(refused).rejects.toMatchObject({ code: "setup", message: expect.stringMatching(told) as string });
      }),
    );
  },
);

/** Ends the backends that wait for the schema's watermarks; answers how many. */
async function cutWaiting(schema: string): Promise<number> {
  const cut = await ask(
    "select pg_terminate_backend(pid) from pg_locks where not granted and relation = $1::regclass",
    [`${schema}.watermarks`],
  );
  return cut.length;
}

test("a server that is away is a typed, repeatable error that names no password", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  const opening = createPostgresHistory({ url: `postgres://someone:sesame@127.0.0.1:${port}/nowhere` });
  await expect(opening).rejects.toMatchObject({ code: "history_unavailable" });
  await expect(opening).rejects.not.toThrow(/sesame/);
});

test("a schema name that would need quoting is refused", async () => {
  await expect(createPostgresHistory({ url, schema: 'x"; drop' })).rejects.toMatchObject({ code: "setup" });
});
