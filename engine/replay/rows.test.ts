/** Rows come out of files as they went in, wherever the pieces are cut. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowCharsMax } from "../limits.ts";
import { createCsvRows, csvCells } from "./csv-rows.ts";
import { createNdjsonRows, ndjsonCells } from "./ndjson-rows.ts";
import type { RowReader, RowSink } from "./rows.ts";

interface Read {
  readonly columns: readonly string[] | undefined;
  readonly rows: readonly (readonly [line: number, ...cells: string[]])[];
  readonly faults: readonly (readonly [line: number, reason: string, text: string])[];
}

type Cut = (text: string, columns: readonly string[]) => readonly string[];

/** @param cut cells of a row's text, as they are cut again when it is rejected */
function read(create: (sink: RowSink) => RowReader, cut: Cut, pieces: readonly string[], whole = true): Read {
  const rows: [number, ...string[]][] = [];
  const faults: [number, string, string][] = [];
  const reader = create({
    row(cells, { line, text }) {
      rows.push([line, ...cells]);
      expect(cut(text, reader.columns() ?? [])).toEqual(cells);
    },
    fault: (line, reason, text) => void faults.push([line, reason, text]),
  });
  for (const piece of pieces) reader.write(piece);
  if (whole) reader.end();
  return { columns: reader.columns(), rows, faults };
}
const csv = (pieces: readonly string[], whole = true) =>
  read(
    (sink) => createCsvRows(",", sink),
    (text) => csvCells(text, ","),
    pieces,
    whole,
  );
const ndjson = (pieces: readonly string[]) => read(createNdjsonRows, ndjsonCells, pieces);

function cutAt(text: string, cuts: readonly number[]): readonly string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((place, index) => text.slice(places[index], place));
}

describe("CSV", () => {
  it("is read with quotes, line ends within them, and any line ends", () => {
    const { columns, rows, faults } = csv(['\ufeffid,"the name"\r\n1,"a ""b"", c"\r\n\n2,"two\nlines"\n3,5" nail\n4,']);
    expect(columns).toEqual(["id", "the name"]);
    expect(rows).toEqual([
      [2, "1", 'a "b", c'],
      [4, "2", "two\nlines"],
      [6, "3", '5" nail'],
      [7, "4", ""],
    ]);
    expect(faults).toEqual([]);
  });

  it("tells a row that is none with its line, and reads on", () => {
    const { rows, faults } = csv(['id,name\n1\n2,b,c\n3,"c"d\n4,d\n5,"never closed\n6,f\n']);
    expect(faults).toEqual([
      [2, "1 cells, and the header has 2", "1"],
      [3, "3 cells, and the header has 2", "2,b,c"],
      [4, "text goes on behind a closing quote", '3,"c"d'],
      [6, "a quote is opened and not closed", '5,"never closed'],
    ]);
    expect(rows).toEqual([
      [5, "4", "d"],
      [7, "6", "f"],
    ]);
  });

  it("gives up on a quote or a line that has no end", () => {
    const filler = "x".repeat(1_000);
    const many = Array.from({ length: rowCharsMax / 1_000 + 5 }, (_, i) => `${i},${filler}\n`);
    const quote = csv(["id,name\n", '1,"open\n', ...many]);
    expect(quote.faults).toEqual([[2, "a quote is opened and not closed", '1,"open']]);
    expect(quote.rows.length).toBe(many.length);
    const long = csv(["id,name\n", "1,", ...Array.from({ length: 300 }, () => filler), "\n2,b\n"]);
    expect(long.faults.map(([line, reason]) => [line, reason])).toEqual([[2, `longer than ${rowCharsMax} characters`]]);
    expect(long.rows).toEqual([[3, "2", "b"]]);
  });

  it("leaves the beginning of a row out of what is torn off", () => {
    expect(csv(["id,name\n1,a\n2,b"], false).rows).toEqual([[2, "1", "a"]]);
    expect(csv(["id,name\n1,a\n2,b"]).rows.length).toBe(2);
  });

  it("needs a header with names of their own", () => {
    expect(() => csv([""])).toThrow("The file has no header");
    expect(() => csv(["id,name,id\n"])).toThrow('names the column "id" twice');
  });

  const cell = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('"', ",", "\n", "\r\n", "é", "🦆", ""),
    fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r"), maxLength: 6 }),
  );
  const table = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }));

  it("comes out as it went in, wherever it is cut", () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat(), { maxLength: 6 }), fc.constantFrom("\n", "\r\n"), (rows, cuts, end) => {
        const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const plain = (value: string) => (/[",\r\n]/.test(value) || value === "" ? quoted(value) : value);
        const header = rows[0]?.map((_, index) => `c${index}`) ?? [];
        const text = [header, ...rows].map((row) => row.map(plain).join(",")).join(end);
        const got = csv(cutAt(text, cuts));
        expect(got.faults).toEqual([]);
        expect(got.rows.map(([, ...cells]) => cells)).toEqual(rows);
      }),
    );
  });

  it("is the same, faults included, wherever it is cut", () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n"), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 6 }), (body, cuts) => {
        const whole = `a,b\n${body}`;
        expect(csv(cutAt(whole, cuts))).toEqual(csv([whole]));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("JSON lines", () => {
  it("are read with members of members, and with what is absent as nothing", () => {
    const { columns, rows, faults } = ndjson([
      '{"id":1,"customer":{"card":"c1"},"price":2.55}\n{"id":2,"gift":true,"pri',
      'ce":null}\n\nno\n[1]\n{"id":"3","price":[1]}',
    ]);
    expect(columns).toEqual(["id", "customer.card", "price", "gift"]);
    expect(rows).toEqual([
      [1, "1", "c1", "2.55", ""],
      [2, "2", "", "", "true"],
      [6, "3", "", "", ""],
    ]);
    expect(faults).toEqual([
      [4, "not a JSON object", "no"],
      [5, "not a JSON object", "[1]"],
    ]);
  });

  it("come out as they went in, wherever they are cut", () => {
    const row = fc.record({ id: fc.string(), name: fc.string() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.array(fc.nat(), { maxLength: 6 }), (rows, cuts) => {
        const text = rows.map((each) => JSON.stringify(each)).join("\n");
        expect(ndjson(cutAt(text, cuts)).rows).toEqual(rows.map(({ id, name }, index) => [index + 1, id, name]));
      }),
    );
  });

  it("passes over a line without an end", () => {
    const { rows, faults } = ndjson(['{"id":1}\n{"id":"', "x".repeat(rowCharsMax), 'x"}\n{"id":3}\n']);
    expect(rows).toEqual([
      [1, "1"],
      [3, "3"],
    ]);
    expect(faults.length).toBe(1);
  });

  it("must be objects", () => {
    expect(() => ndjson(["id,name\n1,a\n"])).toThrow("The file has no columns");
  });
});
