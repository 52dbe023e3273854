/**
 * The mechanical rules of the house, checked over the text of the tree. Each finding names file, line and the way out. A
 * rule that is wrong is changed here, in the open; a file is never excepted without the reason beside it.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { RULE_PROBLEMS } from "../engine/language/source/problem.ts";
import { PROBLEMS } from "../engine/model/errors.ts";
import { ROOT, findAll, packageOf, readTree, withoutComments } from "./source-tree.ts";
import type { Import, SourceFile } from "./source-tree.ts";

const tree = readTree();
const code = tree.filter((file) => /\.(ts|mjs)$/.test(file.path));
const engine = code.filter((file) => file.path.startsWith("engine/") && !file.isTest);
const channels = code.filter((file) => file.path.startsWith("channels/") && !file.isTest);

/** Which files of the engine may import a package of others. A prefix that ends in `/` stands for a folder. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  "@duckdb/node-api": ["engine/history/embedded/"],
  "@duckdb/node-bindings": ["engine/history/embedded/row-appender.ts"],
  chevrotain: ["engine/language/grammar/"],
  croner: ["engine/node/create-night.ts"],
  fastify: ["engine/control/"],
  handlebars: ["engine/language/templates/handlebars-tree.ts"],
  "html-to-text": ["engine/language/messages/compile-emails.ts"],
  ioredis: ["engine/store/redis/"],
  "libphonenumber-js": ["engine/model/identifier-rules.ts"],
  lmdb: ["engine/store/embedded/"],
  mjml: ["engine/language/messages/compile-emails.ts"],
  nodemailer: ["channels/email/adapter.ts"],
  pg: ["engine/history/postgres/"],
  "pg-copy-streams": ["engine/history/postgres/"],
  "prom-client": ["engine/control/", "engine/gateway/"],
  "socket.io": ["engine/gateway/"],
  twilio: ["channels/twilio/call.ts"],
  typebox: [
    "engine/settings.ts",
    "engine/settings-of-channels.ts",
    "engine/config-sources.ts",
    "engine/gateway/",
    "engine/control/",
  ],
  "uWebSockets.js": ["engine/gateway/"],
  ws: ["engine/shard/", "engine/gateway/", "engine/replay/create-stream-socket.ts"],
  yaml: ["engine/config-sources.ts", "engine/language/source/yaml-source.ts"],
};

/**
 * Within the language room, the rooms whose code each of these does without, types apart: what a worker loads to run a plan
 * brings neither the grammar's tables nor the checker, and a grammar knows no names.
 */
const RULES_WITHOUT: Readonly<Record<string, readonly string[]>> = {
  source: ["folder", "grammar", "files", "check", "conditions", "calls", "plan", "time", "compile", "explain"],
  grammar: ["folder", "files", "check", "conditions", "calls", "plan", "time", "compile", "explain"],
  files: ["folder", "conditions", "calls", "time", "compile", "explain"],
  check: ["folder", "time", "compile", "explain"],
  plan: ["folder", "source", "files", "check", "time", "compile", "explain"],
  time: ["folder", "source", "files", "check", "compile", "explain"],
  compile: ["folder", "source", "grammar", "files", "check", "explain"],
  explain: ["folder", "compile"],
};

/** Modules whose functions depend on their arguments only: the model may use them. */
const PURE_MODULES = new Set(["node:zlib", "node:util", "node:buffer", "node:url", "libphonenumber-js"]);

/** Files that join concrete parts: main.ts of the engine and of the command, threads' entries, factories. */
function joins(file: SourceFile): boolean {
  const name = basename(file.path);
  return name === "main.ts" || name.endsWith("-main.ts") || name.startsWith("create-");
}

/** `engine/<room>/...` -> room; undefined for the files of the engine's own floor. */
function roomOf(path: string): string | undefined {
  return /^engine\/([^/]+)\//.exec(path)?.[1];
}

function isPort(path: string): boolean {
  return /^engine\/[^/]+\/([a-z-]+-)?port\.ts$/.test(path);
}

function isLimits(path: string): boolean {
  return /^engine\/limits(-of-[a-z]+)?\.ts$/.test(path);
}

function forbiddenImport(file: SourceFile, { path, specifier }: Import): string | undefined {
  if (path?.startsWith("bench/") && !file.path.startsWith("bench/")) return "nothing imports bench";
  if (path?.startsWith("tests/") && !file.isTest && !file.path.startsWith("bench/")) return "only tests import tests";
  if (file.isTest || !/^(engine|channels)\//.test(file.path)) return undefined;
  const room = file.path.startsWith("channels/") ? "channels" : roomOf(file.path);
  if (room === "model") {
    if (path === undefined)
      return PURE_MODULES.has(packageOf(specifier)) ? undefined : `model is pure: it does not import ${specifier}`;
    const allowed = roomOf(path) === "model" || isLimits(path);
    return allowed ? undefined : "model imports nothing of ours but limits.ts";
  }
  if (path === undefined || joins(file)) return undefined;
  if (roomOf(path) === "model" || isLimits(path)) return undefined;
  if (room === undefined) return roomOf(path) === undefined ? undefined : "only main.ts joins concrete parts";
  if (room === "channels") {
    const [, folder = ""] = path.split("/");
    // What several channels have in common: a way, and a provider.
    const isShared = path.startsWith("channels/") && ["http", "twilio"].includes(folder);
    return isShared || folder === file.path.split("/")[1] ? undefined : "a channel imports only model";
  }
  if (roomOf(path) === room || isPort(path)) return undefined;
  return `${room} may import model, limits.ts and another room's port.ts, not ${path}`;
}

/** One text, so that a red test shows all findings at once. */
function expectNone(findings: readonly string[]): void {
  expect(findings.join("\n")).toBe("");
}

describe("imports", () => {
  it("keep to the rooms", () => {
    expectNone(
      code.flatMap((file) =>
        file.imports.flatMap((entry) => {
          const reason = forbiddenImport(file, entry);
          return reason === undefined ? [] : [`${file.path}:${entry.line}: ${reason}`];
        }),
      ),
    );
  });

  it("keep to the way of a rule", () => {
    const below = (path: string | undefined) => /^engine\/language\/([^/]+)\//.exec(path ?? "")?.[1];
    const files = engine.filter((file) => below(file.path) !== undefined);
    expect(Object.keys(RULES_WITHOUT).filter((room) => !files.some((file) => below(file.path) === room))).toEqual([]);
    expectNone(
      files.flatMap((file) =>
        file.imports.flatMap(({ path, line, typesOnly }) => {
          const room = below(path);
          if (typesOnly || room === undefined) return [];
          return RULES_WITHOUT[below(file.path) ?? ""]?.includes(room) === true
            ? [`${file.path}:${line}: ${below(file.path)}/ does without the code of ${room}/`]
            : [];
        }),
      ),
    );
    const loose = engine.filter((file) => /^engine\/language\/[^/]+$/.test(file.path) && !isPort(file.path));
    expectNone(loose.map(({ path }) => `${path}: it belongs in one of the rooms of a rule's way (ARCHITECTURE.md)`));
  });

  it("bring each package of others into its own files only", () => {
    const findings = [...engine, ...channels].flatMap((file) =>
      file.imports.flatMap(({ path, specifier, line }) => {
        if (path !== undefined || specifier.startsWith("node:")) return [];
        const allowed = VENDORS[packageOf(specifier)];
        if (allowed === undefined)
          return [`${file.path}:${line}: ${specifier} is not in the table of packages (tidy.test.ts)`];
        if (allowed.some((place) => (place.endsWith("/") ? file.path.startsWith(place) : file.path === place)))
          return [];
        return [`${file.path}:${line}: ${specifier} belongs in ${allowed.join(", ")} only`];
      }),
    );
    expectNone(findings);
  });

  it("of one's own end in .ts, so that they work before and after the build", () => {
    const ours = code.filter((file) => file.path.endsWith(".ts"));
    expectNone(
      ours.flatMap((file) =>
        file.imports
          .filter(({ path }) => path !== undefined && !/\.(ts|mjs|json)$/.test(path))
          .map(({ line, specifier }) => `${file.path}:${line}: write the ending of ${specifier}`),
      ),
    );
  });

  it("of a command load no package before it is asked to do something: `vif --help` answers at once", () => {
    const files = new Map(tree.map((file) => [file.path, file]));
    const loaded = new Set<string>();
    const packages: string[] = [];
    const load = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const { specifier, path: target, line, typesOnly, isLate } of files.get(path)?.imports ?? []) {
        if (typesOnly || isLate) continue;
        if (target !== undefined) load(target);
        else if (!specifier.startsWith("node:")) packages.push(`${path}:${line} loads ${specifier}`);
      }
    };
    load("engine/cli/main.ts");
    expect(loaded.size).toBeGreaterThan(30);
    expect(packages).toEqual([]);
  });

  it("need nothing installed in scripts, which run before the installation", () => {
    const scripts = code.filter((file) => /^scripts\/.*\.mjs$/.test(file.path));
    expectNone(
      scripts.flatMap((file) =>
        file.imports
          .filter(({ path, specifier }) => path === undefined && !specifier.startsWith("node:"))
          .map(({ line, specifier }) => `${file.path}:${line}: ${specifier} may not be there yet`),
      ),
    );
  });
});

describe("files", () => {
  it("have at most 400 lines", () => {
    const lines = (file: SourceFile): number => file.text.split("\n").length - 1;
    expectNone(code.filter((file) => lines(file) > 400).map((file) => `${file.path}: ${lines(file)} lines; split it`));
  });

  it("are named in kebab-case, after what they hold", () => {
    const vague = /^(utils?|helpers?|types|common|misc|shared|lib|interfaces|constants|stuff|functions)$/;
    expectNone(
      code.flatMap(({ path }) => {
        const stem = basename(path)
          .replace(/\.(test|config|d)?\.?(ts|mjs)$/, "")
          .replace(/\.suite$/, "");
        if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) return [`${path}: not in kebab-case`];
        return vague.test(stem) ? [`${path}: says nothing of what it holds`] : [];
      }),
    );
  });

  it("open with where they sit and what they guarantee", () => {
    const opened = code.filter((file) => !file.isTest && !/^(#![^\n]*\n)?\/\*\*/.test(file.text));
    expectNone(opened.map(({ path }) => `${path}: begin with a comment of two to six sentences`));
  });

  it("of Lua carry their number of keys, or `n`, and open with the KEYS and ARGV they use and what they return", () => {
    const scripts = tree.filter(({ path }) => path.endsWith(".lua"));
    expectNone(
      scripts.flatMap(({ path, text }) => {
        if (!/[.-](\d+|n)\.lua$/.test(path)) return [`${path}: put the number of keys before the ending, or n`];
        const opening = /^(--[^\n]*\n)+/.exec(text)?.[0] ?? "";
        const body = text.slice(opening.length);
        const wanted = ["return", ...["KEYS", "ARGV"].filter((word) => body.includes(word))];
        const lacking = wanted.filter((word) => !opening.toLowerCase().includes(word.toLowerCase()));
        return lacking.length === 0 ? [] : [`${path}: the opening comment says nothing of ${lacking.join(", ")}`];
      }),
    );
  });
});

describe("words", () => {
  it("that say nothing name nothing", () => {
    const declared = /\b(?:const|let|function|class|interface|type)\s+([A-Za-z_$][\w$]*)/g;
    const empty =
      /^(info|infos|item|items|manager|handler|handlers|helper|helpers|util|utils|common|payload|payloads)$/;
    expectNone(
      code
        .filter((file) => !file.isTest)
        .flatMap((file) =>
          findAll(file, declared, ([, name = ""]) => {
            // INFO is a command of Redis.
            if (file.path.startsWith("engine/store/redis/") && name.endsWith("Info")) return undefined;
            const word = name.split(/(?<=[a-z0-9])(?=[A-Z])|_/).find((part) => empty.test(part.toLowerCase()));
            return word === undefined ? undefined : `${name}: "${word}" is no word of the glossary`;
          }),
        ),
    );
  });

  it("that put work off, or switch the checker off, are not there", () => {
    const marks = new RegExp(
      ["TO" + "DO", "FIX" + "ME", "X{3}\\b", "HA" + "CK", "@ts-(ignore|nocheck)", "\\bas " + "any\\b"].join("|"),
      "g",
    );
    expectNone(tree.flatMap((file) => findAll(file, marks, ([mark]) => `${mark} is not left in the tree`)));
  });

  it("of one computer's folders are not there", () => {
    const places = /(?<![\w.])\/(?:root|home|work|Users)\/[\w.]/g;
    const isOurs = (file: SourceFile): boolean => file.path !== "tests/tidy.test.ts";
    expectNone(
      tree.filter(isOurs).flatMap((file) => findAll(file, places, ([place]) => `${place}...: an absolute path`)),
    );
  });

  it("of the enum and of the star export are not there", () => {
    const forms = /^\s*(?:export\s+)?(?:const\s+)?enum\s+\w+|^\s*export\s+\*/gm;
    expectNone(code.flatMap((file) => findAll(file, forms, ([form]) => `${form.trim()}: name what is meant`)));
  });
});

describe("what is read from outside", () => {
  const bare = [...engine, ...channels].map((file) => ({ ...file, text: withoutComments(file.text) }));

  it("is the environment in config.ts only", () => {
    const elsewhere = bare.filter(({ path }) => path !== "engine/config.ts");
    expectNone(elsewhere.flatMap((file) => findAll(file, /process\.env\b/g, () => "a setting belongs in settings.ts")));
  });

  it("is the clock and chance where parts are joined only", () => {
    const pure = bare.filter((file) => !joins(file));
    const sources = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/g;
    expectNone(
      pure.flatMap((file) => findAll(file, sources, ([source]) => `${source}): take a Clock or Random instead`)),
    );
  });

  it("is SQL in the history only", () => {
    const elsewhere = bare.filter(({ path }) => roomOf(path) !== "history");
    const statements =
      /[`"'](?:select\s+[\w*(]|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+table\s)/gi;
    expectNone(elsewhere.flatMap((file) => findAll(file, statements, () => "no SQL outside engine/history")));
  });

  it("are keys of Redis in keys.ts only", () => {
    const elsewhere = bare.filter(({ path }) => path !== "engine/store/redis/keys.ts");
    expectNone(
      elsewhere.flatMap((file) =>
        findAll(file, /\{s(?:\$\{|\d+\})/g, () => "a key of Redis is made in store/redis/keys.ts"),
      ),
    );
  });
});

describe("the catalogues of codes", () => {
  const CATALOGUES = [
    { file: "engine/model/errors.ts", codes: PROBLEMS, uses: (path: string) => roomOf(path) !== "language" },
    {
      file: "engine/language/source/problem.ts",
      codes: RULE_PROBLEMS,
      uses: (path: string) => roomOf(path) === "language",
    },
  ];
  /** Of errors that are thrown: each is declared with its class, and no sender sees it. */
  const thrown = engine.flatMap(({ text }) =>
    [...text.matchAll(/readonly code = "([a-z_]+)"/g)].map(([, code = ""]) => code),
  );

  it.each(CATALOGUES)("$file has every code that is used", ({ file: catalogue, codes, uses }) => {
    const forms = /\bcode:\s*"([a-z][a-z_]+)"|\b(?:problem|refuse|refused)\(\s*"([a-z]+(?:_[a-z]+)+)"/g;
    expectNone(
      engine
        .filter(({ path }) => path !== catalogue && uses(path))
        .flatMap((file) =>
          findAll(file, forms, ([, member, argument]) => {
            const used = member ?? argument ?? "";
            return used in codes || thrown.includes(used) ? undefined : `${used} is not in ${catalogue}`;
          }),
        ),
    );
  });

  it.each(CATALOGUES)("$file has no code that nothing uses", ({ file: catalogue, codes, uses }) => {
    const users = engine.filter(({ path }) => path !== catalogue && uses(path));
    const unused = Object.keys(codes).filter((code) => !users.some(({ text }) => text.includes(`"${code}"`)));
    expectNone(unused.map((code) => `${catalogue}: nothing uses ${code}`));
  });
});

describe("documents", () => {
  it("are there", () => {
    const wanted = [
      "LICENSE",
      "README.md",
      "ARCHITECTURE.md",
      "GLOSSARY.md",
      "CONTRIBUTING.md",
      "RELEASE_NOTES.md",
      "vif.yaml.example",
    ];
    expectNone(wanted.filter((name) => !existsSync(join(ROOT, name))));
  });

  it("name only files that are there", () => {
    const documents = tree.filter(({ path }) => /^[A-Z_]+\.md$/.test(path));
    const named =
      /`((?:engine|scripts|tests|bench|rules|channels|\.ci)\/[\w./-]*)`|\]\((?!https?:|#)([\w./-]+)(?:#[\w-]*)?\)/g;
    expectNone(
      documents.flatMap((file) =>
        findAll(file, named, ([, inText, linked]) => {
          const path = inText ?? linked ?? "";
          return existsSync(join(ROOT, path)) ? undefined : `${path} is not there`;
        }),
      ),
    );
  });

  it("explain every exported function of the model, unless its name or its one line says all", () => {
    const model = engine.filter(({ path }) => roomOf(path) === "model");
    const types = model.flatMap(({ text }) => [...text.matchAll(/export (?:interface|type|class) (\w+)/g)]);
    const functions = /(\*\/\n)?export (?:async )?function (\w+)[^]*?\n}/g;
    const saysAll = (name: string): boolean => {
      const thing = /^(?:encode|decode|write|read|parse)([A-Z]\w*)$/.exec(name)?.[1];
      return thing !== undefined && types.some(([, type]) => type?.endsWith(thing));
    };
    expectNone(
      model.flatMap((file) =>
        findAll(file, functions, ([whole, comment, name = ""]) =>
          comment !== undefined || whole.split("\n").length <= 3 || saysAll(name)
            ? undefined
            : `${name} wants a docstring`,
        ),
      ),
    );
  });
});
