import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { isLoopback, parseConfig } from "./config.ts";
import type { ParsedConfig } from "./config.ts";
import { keepSecret, readSecret } from "./kept-secret.ts";
import { SetupError } from "./model/errors.ts";
import { SETTINGS, SETTING_NAMES, renderSettingsHelp, renderSettingsTable } from "./settings.ts";

const OWN_KEYS = `
keys:
  - { name: shop, key: 0123456789abcdef, kind: browser, origins: ["https://shop.example"] }
  - { name: crm, key: fedcba9876543210, kind: server }
`;

function parse(env: Record<string, string>, yaml?: string): ParsedConfig {
  const file = yaml === undefined ? undefined : { path: "vif.yaml", text: yaml };
  return parseConfig({ env, file, cwd: "/srv/vif", cores: 4 });
}

function complaint(env: Record<string, string>, yaml?: string): string {
  try {
    parse(env, yaml);
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("defaults", () => {
  it("need nothing but Node, and let nobody in from outside", () => {
    expect(parse({})).toMatchObject({
      host: "127.0.0.1",
      loopback: true,
      port: 8080,
      controlPort: 8081,
      dataDir: "/srv/vif/data",
      rulesDir: "/srv/vif/rules",
      store: { kind: "embedded" },
      history: { kind: "embedded" },
      durability: "disk",
      shards: 8,
      shardsGiven: false,
      workers: 3,
      cacheBytesMax: 256_000_000,
      link: undefined,
      allowOrigins: [],
      trustBrowsers: false,
      storeUnsafe: false,
      secret: undefined,
      controlToken: undefined,
    });
  });

  it("are `process` on a Redis, which decides itself when it flushes", () => {
    expect(parse({ VIF_STORE: "redis://127.0.0.1:6379" }).durability).toBe("process");
  });

  it("give one worker at least, and none without a shard", () => {
    expect(parseConfig({ env: {}, file: undefined, cwd: "/", cores: 1 }).workers).toBe(1);
    expect(parseConfig({ env: { VIF_SHARDS: "2" }, file: undefined, cwd: "/", cores: 64 }).workers).toBe(2);
  });
});

describe("the environment", () => {
  it("wins over vif.yaml, and an empty variable is not set", () => {
    expect(parse({ VIF_PORT: "9000" }, "port: 9001").port).toBe(9000);
    expect(parse({ VIF_PORT: "" }, "port: 9001").port).toBe(9001);
  });

  it("holds lists with commas", () => {
    const secrets = "0123456789abcdef, fedcba9876543210";
    expect(parse({ VIF_OLD_SECRETS: secrets }).oldSecrets).toEqual(["0123456789abcdef", "fedcba9876543210"]);
    expect(complaint({ VIF_OLD_SECRETS: `${secrets},hunter2` })).not.toContain("hunter2");
  });

  it("may hold variables of the tests", () => {
    expect(parse({ VIF_TEST_POSTGRES: "postgres://127.0.0.1/test", VIF_TEST_REQUIRE_SERVICES: "1" }).port).toBe(8080);
  });

  it.each([
    [{ VIF_PROT: "1" }, "VIF_PROT is no setting of Vif. Did you mean VIF_PORT?"],
    [{ VIF_QUITE_ELSE: "1" }, "VIF_QUITE_ELSE is no setting of Vif."],
    [{ VIF_PORT: "80a" }, 'VIF_PORT is "80a"; allowed: an integer from 0 (any free port) to 65535.'],
    [{ VIF_PORT: "65536" }, "VIF_PORT is 65536; allowed: an integer from 0 (any free port) to 65535."],
    [{ VIF_PORT: "9000", VIF_CONTROL_PORT: "9000" }, "VIF_PORT and VIF_CONTROL_PORT are both 9000; they must differ."],
    [{ VIF_SHARDS: "12" }, "VIF_SHARDS is 12; allowed: 1, 2, 4, 8, 16, 32 or 64."],
    [{ VIF_WORKERS: "9" }, "VIF_WORKERS is 9, more than the 8 shards: a worker without a shard idles."],
    [
      { VIF_PHONE_COUNTRY: "France" },
      'VIF_PHONE_COUNTRY is "France"; allowed: a country\'s two letters (ISO 3166), such as FR.',
    ],
    [{ VIF_PHONE_COUNTRY: "ZZ" }, "VIF_PHONE_COUNTRY is ZZ, which is no country with phone numbers."],
    [{ VIF_TRUST_BROWSERS: "yes" }, 'VIF_TRUST_BROWSERS is "yes"; allowed: true or false.'],
    [
      { VIF_DURABILITY: "replica" },
      "VIF_DURABILITY is replica, which the embedded store has none of; allowed with it: process, disk.",
    ],
    [
      { VIF_STORE: "mysql://a" },
      'VIF_STORE is "mysql://a"; allowed: embedded, redis://host:port, rediss://host:port, redis-cluster://host:port,host:port.',
    ],
    [
      { VIF_HISTORY: "postgres:" },
      'VIF_HISTORY is "postgres:"; allowed: embedded, postgres://user@host:port/database.',
    ],
    [{ VIF_LINK_SECRET: "0123456789abcdef" }, "VIF_LINK_SECRET is set, but VIF_LINK_ADDRESS is not."],
    [
      { VIF_LINK_ADDRESS: "ws://10.0.0.1:9090", VIF_LINK_SECRET: "0123456789abcdef", VIF_SECRET: "0123456789abcdef" },
      "VIF_LINK_ADDRESS is set, but the embedded store serves one node only: set VIF_STORE to a Redis.",
    ],
    [
      { VIF_LINK_ADDRESS: "ws://10.0.0.1:9090", VIF_LINK_SECRET: "0123456789abcdef", VIF_STORE: "redis://h" },
      "VIF_LINK_ADDRESS is set, but VIF_SECRET is not: a visitor's token must be valid on every node.",
    ],
    [
      {
        VIF_LINK_ADDRESS: "ws://10.0.0.1:9090",
        VIF_LINK_SECRET: "0123456789abcdef",
        VIF_SECRET: "0123456789abcdef",
        VIF_STORE: "redis://h",
      },
      "VIF_LINK_ADDRESS is set, but the embedded history is one node's own: set VIF_HISTORY to a PostgreSQL.",
    ],
  ])("%j is refused, with what is allowed", (env, message) => {
    expect(complaint(env as unknown as Record<string, string>)).toBe(message);
  });

  it("is complained of all at once", () => {
    expect(complaint({ VIF_PORT: "x", VIF_SHARDS: "x" }).split("\n")).toHaveLength(2);
    const each = complaint({ VIF_PORT: "x", VIF_DURABILITY: "replica", VIF_SMS_FROM: "+33612345678" }, "prot: 1");
    expect(each.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "vif.yaml",
      "VIF_PORT",
      "VIF_DURABILITY",
      "VIF_SMS_FROM",
    ]);
  });

  it("is not said to be missing as well", () => {
    const link = { VIF_LINK_ADDRESS: "ws://10.0.0.1:9090", VIF_SECRET: "0123456789abcdef", VIF_STORE: "redis://h" };
    expect(complaint({ ...link, VIF_LINK_SECRET: "short" })).toMatch(/^VIF_LINK_SECRET is not allowed[^\n]*$/);
    expect(complaint({ VIF_HOST: "0.0.0.0" }, "keys: [{name: a}]")).not.toContain("No keys are set");
    expect(complaint({ VIF_HOST: "0.0.0.0" }, "port: [")).not.toContain("No keys are set");
  });

  it("never has a secret or a password quoted", () => {
    expect(complaint({ VIF_SECRET: "short" })).not.toContain("short");
    expect(complaint({ VIF_STORE: "redis-cluster://me:hunter2@:x" })).not.toContain("hunter2");
  });
});

describe("vif.yaml", () => {
  it("has folders relative to itself", () => {
    const file = { path: "brand/vif.yaml", text: "rules: my-rules\ndataDir: /var/vif" };
    const config = parseConfig({ env: {}, file, cwd: "/srv", cores: 1 });
    expect([config.rulesDir, config.dataDir]).toEqual(["/srv/brand/my-rules", "/var/vif"]);
  });

  it("may be empty", () => {
    expect(parse({}, "# nothing yet\n").port).toBe(8080);
  });

  it.each([
    ["# a\nprot: 1", "vif.yaml line 2: prot is no setting of Vif. Did you mean port?"],
    ["port: many", 'vif.yaml line 1: port is "many"; allowed: an integer from 0 (any free port) to 65535.'],
    ["- port", "vif.yaml is no list of settings."],
    ["port: [", "vif.yaml line 1: Flow sequence in block collection must be sufficiently indented and end with a ]."],
    ["port: 1\nport: 2", "vif.yaml line 2: Map keys must be unique."],
    ["keys: []", "keys: a list of { name, key, kind: browser | server | till, origins? } is wanted, at least one."],
  ])("%j is refused with its line", (text, message) => {
    expect(complaint({}, text)).toBe(message);
  });

  it("names the key that is wrong, and quotes none", () => {
    const text = complaint(
      {},
      "keys:\n  - { name: shop, key: 0123456789abcdef, kind: phone }\n  - { name: b, kay: x }",
    );
    expect(text).toContain("vif.yaml line 2: keys[0].kind must be equal to one of the allowed values");
    expect(text).toContain("vif.yaml line 3: keys[1]");
    expect(text).not.toContain("0123456789abcdef");
  });

  it("never throws anything but a SetupError, whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          complaint({}, text);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("keys", () => {
  it("of the example brand work on loopback only", () => {
    expect(parse({}).keys.map(({ key, kind }) => [key, kind])).toEqual([
      ["example-write-key", "browser"],
      ["example-server-key", "server"],
      ["example-till-key", "till"],
    ]);
    expect(complaint({ VIF_HOST: "0.0.0.0" })).toBe(
      "No keys are set, and the host is 0.0.0.0, which others can reach: give `keys` of your own in vif.yaml (see vif.yaml.example).",
    );
    const copied = "keys: [{ name: shop, key: example-write-key, kind: browser }]";
    expect(parse({}, copied).keys).toHaveLength(1);
    expect(complaint({ VIF_HOST: "10.0.0.1" }, copied)).toContain("The key shop is one of an example's");
  });

  it("of one's own replace the example's and open any host", () => {
    const { keys } = parse({ VIF_HOST: "0.0.0.0" }, OWN_KEYS);
    expect(keys.map(({ name }) => name)).toEqual(["shop", "crm"]);
  });

  it("have distinct names and texts, and no origins for a server", () => {
    const twice = "keys:\n  - { name: a, key: 0123456789abcdef, kind: server, origins: ['*'] }\n";
    const text = complaint({}, `${twice}  - { name: a, key: 0123456789abcdef, kind: till }\n`);
    expect(text.split("\n")).toEqual([
      "The key a has origins, which a server key may not.",
      "Two keys have the name a.",
      "The key a is the same as another one.",
    ]);
  });
});

it("the example file is a sound one, with keys that must be replaced", () => {
  const text = readFileSync(join(import.meta.dirname, "..", "vif.yaml.example"), "utf8");
  expect(parse({}, text).keys.map(({ kind }) => kind)).toEqual(["browser", "server"]);
  expect(complaint({ VIF_HOST: "0.0.0.0" }, text).split("\n")).toEqual([
    expect.stringMatching(/^The key shop-website is one of an example's, known to everybody/),
    expect.stringMatching(/^The key shop-server is one of an example's, known to everybody/),
  ]);
});

describe("stores", () => {
  it.each([
    ["embedded", { kind: "embedded" }],
    ["redis://:pw@h:1/2", { kind: "redis", url: "redis://:pw@h:1/2" }],
    [
      "redis-cluster://a:7000,b,[::1]:7002",
      {
        kind: "redis-cluster",
        nodes: [
          { host: "a", port: 7000 },
          { host: "b", port: 6379 },
          { host: "::1", port: 7002 },
        ],
        username: undefined,
        password: undefined,
      },
    ],
    [
      "redis-cluster://me:p%40ss@a:7000",
      { kind: "redis-cluster", nodes: [{ host: "a", port: 7000 }], username: "me", password: "p@ss" },
    ],
  ])("%s", (text, store) => {
    expect(parse({ VIF_STORE: text }).store).toEqual(store);
  });
});

it.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["LocalHost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["127.example.com", false],
  ["10.0.0.1", false],
])("%s is loopback: %s", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

describe("a kept secret", () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "vif-secret-"));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  it("is made once, for this user's eyes only, in a folder that may not exist yet", () => {
    const dataDir = join(folder(), "data");
    expect(readSecret(dataDir, "token")).toBeUndefined();
    const secret = keepSecret(dataDir, "token");
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(keepSecret(dataDir, "token")).toBe(secret);
    expect(statSync(join(dataDir, "token")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dataDir, "token"), "utf8").trim()).toBe(secret);
  });

  it("that is cut short is refused rather than used", () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, "token"), "abc");
    expect(() => keepSecret(dataDir, "token")).toThrow(SetupError);
  });

  it.skipIf(!existsSync("/proc/self"))("is refused where no folder can be made though the one above is there", () => {
    expect(() => keepSecret("/proc/x/data", "token")).toThrow(
      "The data folder /proc/x/data cannot be written (ENOENT)",
    );
  });

  it("is made in a folder below several that are missing", () => {
    const top = folder();
    keepSecret(join(top, "a", "b"), "token");
    expect(statSync(join(top, "a")).mode & 0o777).toBe(0o700);
  });

  it("says which folder cannot be written, and the way out", () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    expect(() => readSecret(file, "token")).toThrow(SetupError);
    expect(() => keepSecret(file, "token")).toThrow(`The data folder ${file} cannot be written`);
  });
});

describe("the documents", () => {
  it("README has the table as it is made here", () => {
    const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
    expect(readme).toContain(renderSettingsTable());
  });

  it("promise nothing that the engine does not read", () => {
    const parts = readdirSync(join(import.meta.dirname, "node")).filter((file) => !file.endsWith(".test.ts"));
    const sources = ["main.ts", ...parts.map((file) => join("node", file))].map((path) =>
      readFileSync(join(import.meta.dirname, path), "utf8"),
    );
    for (const name of Object.keys(parse({}))) expect(sources.join(), name).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it("both list every setting", () => {
    for (const name of SETTING_NAMES) {
      expect(renderSettingsTable()).toContain(`\`${name}\``);
      expect(renderSettingsHelp()).toContain(SETTINGS[name].env ?? name);
    }
  });
});
