/** `vif replay` on a running engine, with small files: what it takes, what it refuses, and what it says. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../source-tree.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { startReplay } from "../support/replay-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

let folder = "";
let engine: EngineProcess;

const SOURCE = `source: shop
receipt:
  id: Receipt
  store: {always: lyon}
  till: {always: "1"}
  time: {column: Time, written: YYYY-MM-DD hh:mm, zone: Europe/Paris}
  currency: {always: EUR}
  customer: {card: Card}
line: {sku: Article, quantity: Pieces, price: Price}
`;

beforeAll(async () => {
  folder = createTestFolder("replay-command");
  engine = await createEngineProcess({ rules: join(ROOT, "rules"), folder: join(folder, "data") });
  await engine.start();
  writeFileSync(join(folder, "shop.yaml"), SOURCE);
}, 60_000);

afterAll(async () => {
  await engine?.kill();
  removeTestFolder(folder);
});

const HEADER = "Receipt,Time,Card,Article,Pieces,Price\n";

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function replay(...args: readonly string[]) {
  const { code, out, err } = await startReplay(join(folder, "data"), join(ROOT, "rules"), args).ended();
  return { code, out, err: err.replaceAll(folder, "") };
}

const map = () => ["--map", join(folder, "shop.yaml")];

async function sums(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await replay(...args, "--json");
  return { code, err, ...(JSON.parse(out) as object) };
}

describe("a file of receipts", () => {
  it("comes in once, however often it is replayed", async () => {
    const file = fileOf(
      "twice.csv",
      `${HEADER}t1,2024-05-01 10:00,,A,2,1.50\nt1,2024-05-01 10:00,,B,1,0.125\nt2,2024-05-01 11:00,,A,1,1.50\n`,
    );
    expect(await sums(file, ...map())).toMatchObject({ code: 0, is: "done", rows: 3, accepted: 2, repeated: 0 });
    const again = await replay(file, ...map());
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(again.out).toContain("was replayed to its end before (2 new, 0 known, 0 refused)");
    expect(again.out).toContain("nothing was sent now");
    expect(await sums(file, ...map())).toMatchObject({ is: "done", already: true, accepted: 2, before: 2 });
    expect(await sums(file, ...map(), "--again")).toMatchObject({ code: 0, accepted: 0, repeated: 2 });
  });

  it("in another currency than the loyalty rule's is said to have earned nothing, of customers", async () => {
    const pounds = fileOf("pounds.yaml", SOURCE.replace("source: shop", "source: pounds").replace("EUR", "GBP"));
    const file = fileOf("pounds.csv", `${HEADER}gbp1,2024-05-01 10:00,77,A,2,1.50\ngbp2,2024-05-01 11:00,,A,1,1.50\n`);
    const { out } = await replay(file, "--map", pounds);
    expect(out).toContain("1 receipt of a customer earned no points, being in another currency than the loyalty rule.");
    const euros = fileOf("euros.csv", `${HEADER}euro1,2024-05-01 10:00,77,A,2,1.50\n`);
    expect((await replay(euros, ...map())).out).not.toContain("earned no points");
  });

  it("of JSON lines, packed, comes in as well", async () => {
    const rows = [
      { Receipt: "j1", Time: "2024-05-02 10:00", Card: "", Article: "A", Pieces: 1, Price: 2.5 },
      { Receipt: "j2", Time: "2024-05-02 10:01", Card: null, Article: "A", Pieces: 1, Price: 2.5 },
    ];
    fileOf("shop-json.yaml", SOURCE.replace("source: shop", "source: shop-json\nfile: ndjson"));
    const file = fileOf("rows.ndjson.gz", gzipSync(rows.map((row) => JSON.stringify(row)).join("\n")));
    expect(await sums(file, "--map", join(folder, "shop-json.yaml"))).toMatchObject({ code: 0, accepted: 2, rows: 2 });
  });

  it("keeps what is malformed beside it, to be mended and replayed", async () => {
    const file = fileOf(
      "odd.csv",
      `${HEADER}o1,2024-05-03 10:00,,A,2,1.50\no2,yesterday,,A,1,1\no3,2024-05-03 10:02,,A\no4,2024-05-03 10:03,,A,1,1\n`,
    );
    expect(await sums(file, ...map())).toMatchObject({ code: 0, rows: 4, rejectedRows: 2, accepted: 2 });
    const rejected = readFileSync(`${file}.rejected`, "utf8");
    expect(rejected).toBe(
      [
        "rejected line,rejected because,Receipt,Time,Card,Article,Pieces,Price",
        '3,"Time is not a time as the source says: ""yesterday""",o2,yesterday,,A,1,1',
        '4,"4 cells, and the header has 6",o3,2024-05-03 10:02,,A',
        "",
      ].join("\n"),
    );
    const mended = fileOf(
      "mended.csv",
      rejected.replaceAll("yesterday", "2024-05-03 10:01").replace(":02,,A\n", ":02,,A,1,1\n"),
    );
    expect(await sums(mended, ...map())).toMatchObject({ code: 0, rejectedRows: 0, accepted: 2 });
  });

  it("has the rows of a receipt that the engine refuses among the rejected", async () => {
    const file = fileOf("taken.csv", `${HEADER}t1,2024-05-01 10:00,,OTHER,2,1.50\nt9,2024-05-04 10:00,,A,1,1\n`);
    expect(await sums(file, ...map())).toMatchObject({ code: 0, accepted: 1, refused: 1, rejectedRows: 1 });
    expect(readFileSync(`${file}.rejected`, "utf8")).toContain('2,"the receipt is refused: receipt_conflict');
  });

  it("that is torn is in as far as it is whole", async () => {
    const many = Array.from(
      { length: 3_000 },
      (_, n) => `x${n},2024-05-05 10:00,,article-${(n * 7919) % 9973},1,${n}.25\n`,
    );
    const packed = gzipSync(HEADER + many.join(""));
    const file = fileOf("torn.csv.gz", packed.subarray(0, packed.length - 4_000));
    const torn = await sums(file, ...map());
    expect(torn).toMatchObject({ code: 1, is: "torn", reason: "the file breaks off before its end" });
    expect(torn["rejectedRows"]).toBe(0);
    fileOf("torn.csv.gz", packed);
    expect(await sums(file, ...map())).toMatchObject({ code: 0, is: "done", repeated: torn["accepted"], rows: 3_000 });
  });

  it("that is damaged in its middle is in as far as it could be unpacked", async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => `d${n},2024-05-06 10:00,,a-${(n * 7919) % 9973},1,${n}.25\n`);
    const packed = gzipSync(HEADER + many.join(""));
    packed.fill(0xff, packed.length - 3_000, packed.length - 2_000);
    const damaged = await replay(fileOf("damaged.csv.gz", packed), ...map());
    expect(damaged).toMatchObject({ code: 1, err: "" });
    expect(damaged.out).toContain("the file is damaged");
  });

  it("with rows that contradict their receipt is in without them", async () => {
    fileOf(
      "mixed.yaml",
      SOURCE.replace("source: shop", "source: mixed")
        .replace("{always: EUR}", "Money")
        .replace("customer:", "return when: {column: Kind, is: return}\n  customer:"),
    );
    const file = fileOf(
      "mixed.csv",
      [
        "Receipt,Time,Card,Article,Pieces,Price,Money,Kind",
        "m1,2024-05-07 10:00,c1,A,2,1.50,EUR,sale",
        "m1,2024-05-07 10:00,c1,B,1,1.50,USD,sale",
        "m1,2024-05-07 10:00,c2,C,1,1.50,EUR,sale",
        "m1,2024-05-07 10:00,c1,D,1,1.50,EUR,return",
        "m2,2024-05-07 10:05,c1,A,1,1.50,euro,sale",
        "m3,2024-05-07 10:10,c1,A,1,1.00005,EUR,sale",
        "",
      ].join("\n"),
    );
    const told = await sums(file, "--map", join(folder, "mixed.yaml"));
    expect(told).toMatchObject({ code: 0, rows: 6, rejectedRows: 5, accepted: 1 });
    const reasons = readFileSync(`${file}.rejected`, "utf8").split("\n").slice(1, -1);
    for (const [index, part] of [
      "a sum of two currencies is none",
      "of another customer than the receipt's first line",
      "the receipt began as a sale",
      "not the code of a currency",
      "Price",
    ].entries())
      expect(reasons[index]).toContain(part);
  });

  it("with what is odd but can be counted is in, with flags that are counted", async () => {
    const source = SOURCE.replace("source: shop", "source: sums").replace("price: Price}", "price: Price, total: Sum}");
    fileOf("sums.yaml", source);
    const file = fileOf(
      "flags.csv",
      [
        "Receipt,Time,Card,Article,Pieces,Price,Sum",
        "f1,2024-05-08 10:00,,A,-2,1.50,-3",
        "f2,2024-05-08 10:05,,A,1,-1.50,-1.50",
        // A line's own sum counts, whatever its pieces cost: a discount, mostly.
        "f3,2024-05-08 10:10,,A,2,10,15",
        "",
      ].join("\n"),
    );
    expect(await sums(file, "--map", join(folder, "sums.yaml"))).toMatchObject({
      code: 0,
      accepted: 3,
      flags: { negative_quantity: 1, negative_price: 1 },
    });
  });

  it("is not begun with a mapping that has a mistake", async () => {
    const file = fileOf("fine.csv", `${HEADER}w1,2024-05-09 10:00,,A,1,1\n`);
    fileOf(
      "wrong.yaml",
      SOURCE.replace("source: shop", "source: wrong").replace("zone: Europe/Paris", "zone: Europe/Pariss"),
    );
    const { code, out, err } = await replay(file, "--map", join(folder, "wrong.yaml"));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("/wrong.yaml:6:");
    expect(err).toContain("The source is wrong: nothing was replayed.");
  });

  it("is not begun with a mapping that does not fit it", async () => {
    const file = fileOf("other.csv", "Receipt,Date,Article,Pieces,Price\nr1,2024-01-01,A,1,1\n");
    const { code, out, err } = await replay(file, ...map());
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(`/shop.yaml:6:18: the file has no column \`Time\`  [unknown_column]
  6 |   time: {column: Time, written: YYYY-MM-DD hh:mm, zone: Europe/Paris}
    |                  ^^^^
    = its columns are \`Receipt\`, \`Date\`, \`Article\`, \`Pieces\`, \`Price\`

/shop.yaml:8:20: the file has no column \`Card\`  [unknown_column]
  8 |   customer: {card: Card}
    |                    ^^^^
    = its columns are \`Receipt\`, \`Date\`, \`Article\`, \`Pieces\`, \`Price\`

The source does not fit the file: nothing was replayed.
`);
  });

  it("is shifted as a whole, and not into what is still to come", async () => {
    const file = fileOf("shifted.csv", `${HEADER}s1,2024-05-01 10:00,,A,1,1\ns2,2024-05-01 10:01,,A,1,1\n`);
    const ahead = await sums(file, ...map(), "--shift", "2199-01-01");
    expect(ahead).toMatchObject({ code: 1, is: "ahead", accepted: 0, reason: "2199-01-01T00:00:00.000Z" });
    expect(await sums(file, ...map(), "--shift", "365 days", "--again")).toMatchObject({
      code: 0,
      accepted: 2,
      shiftMs: 365 * 86_400_000,
    });
  });

  it("goes on after a row whose year is mistyped", async () => {
    const file = fileOf("mistyped.csv", `${HEADER}m1,2242-05-01 10:00,,A,1,1\nm2,2024-05-01 10:01,,A,1,1\n`);
    expect(await sums(file, ...map())).toMatchObject({ code: 0, is: "done", accepted: 1, refused: 1 });
    expect(readFileSync(`${file}.rejected`, "utf8")).toContain("2242-05-01T08:00:00.000Z is still to come");
  });

  it("plays at the pace that is wanted", async () => {
    const file = fileOf("pace.csv", `${HEADER}p1,2024-05-01 10:00,,A,1,1\np2,2024-05-01 10:10,,A,1,1\n`);
    // Ten minutes at 600 times the speed are a second.
    const played = await sums(file, ...map(), "--speed", "600");
    expect(played).toMatchObject({ code: 0, accepted: 2 });
    expect(played["seconds"]).toBeGreaterThan(0.9);
  });
});

describe("what is not understood", () => {
  it.each([
    [["x.csv"], "How do rows become receipts?"],
    [["--map", "shop"], "Which file is to be replayed?"],
    [["x.csv", "--map", "shop", "--speed", "fast"], "--speed is max, or how many times"],
    [["x.csv", "--map", "shop", "--shift", "soon"], "--shift is a time for the first receipt"],
    [["x.csv", "--map", "shop", "--effects", "yes"], "--effects is off, record or on"],
    [["x.csv", "--mapp", "shop"], "Did you mean --map?"],
    [["x.csv", "--map", "online-retial"], 'Did you mean "online-retail"?'],
  ])("%j", async (args, said) => {
    const { code, err } = await replay(...args);
    expect({ code, said: err.includes(said) ? said : err }).toEqual({ code: 2, said });
  });

  it("a file that is not there, or an engine that is not", async () => {
    const missing = await replay(join(folder, "nowhere.csv"), ...map());
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toContain("nowhere.csv is not there.");
    const file = fileOf("alone.csv", HEADER);
    mkdirSync(join(folder, "nobody"), { recursive: true });
    const alone = await startReplay(join(folder, "nobody"), join(ROOT, "rules"), [file, ...map()]).ended();
    expect(alone).toMatchObject({ code: 1, out: "" });
    expect(alone.err).toContain("No engine runs on");
  });
});
