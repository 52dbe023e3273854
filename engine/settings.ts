/**
 * Every setting of the engine, in one table: its name in the environment and in vif.yaml, its schema, its default, what
 * is allowed and what it means. README's table and the text of `--help` are made from it, and config.ts reads by it, so a
 * setting that is not here does not exist. Pure; nothing here reads the environment.
 */
import { Type } from "typebox";
import type { Static } from "typebox";
import {
  cacheMbMax,
  cacheMbMin,
  keysMax,
  oldSecretsMax,
  originsMax,
  secretCharsMax,
  secretCharsMin,
  shardsMax,
  workersMax,
} from "./limits.ts";
import { CHANNEL_SETTINGS, SECRET_CHANNEL_SETTINGS } from "./settings-of-channels.ts";

const Port = Type.Integer({ minimum: 0, maximum: 65_535 });
const Folder = Type.String({ minLength: 1, maxLength: 4_096 });
const Url = Type.String({ minLength: 1, maxLength: 4_096 });
const Secret = Type.String({ minLength: secretCharsMin, maxLength: secretCharsMax, pattern: "^[\\x21-\\x7e]+$" });
const Origin = Type.String({ pattern: "^(\\*|https?://[^/\\s]+)$", maxLength: 300 });
const Origins = Type.Array(Origin, { maxItems: originsMax });

const Key = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" }),
    // No colon: the key is the user name of HTTP Basic authentication (RFC 7617, 2).
    key: Type.String({ minLength: secretCharsMin, maxLength: secretCharsMax, pattern: "^[\\x21-\\x39\\x3b-\\x7e]+$" }),
    kind: Type.Enum(["browser", "server", "till"]),
    origins: Type.Optional(Origins),
  },
  { additionalProperties: false },
);

const secretRule = `${secretCharsMin} to ${secretCharsMax} printable characters without spaces`;

/** `env`: undefined for what only vif.yaml can hold. `initial`: the default, as said to a reader. */
export const SETTINGS = {
  host: {
    env: "VIF_HOST",
    schema: Type.String({ minLength: 1, maxLength: 253, pattern: "^[^\\s/]+$" }),
    initial: "127.0.0.1",
    allowed: "a host name or an address",
    meaning: "Where both planes listen, without TLS. Anything but a loopback address demands keys of your own.",
  },
  port: {
    env: "VIF_PORT",
    schema: Port,
    initial: "8080",
    allowed: "an integer from 0 (any free port) to 65535",
    meaning: "Data plane: events, sockets, decisions, health, metrics.",
  },
  controlPort: {
    env: "VIF_CONTROL_PORT",
    schema: Port,
    initial: "8081",
    allowed: "an integer from 0 (any free port) to 65535",
    meaning: "Control plane: reports and administration.",
  },
  publicUrl: {
    env: "VIF_PUBLIC_URL",
    schema: Type.String({ pattern: "^https?://[^/\\s?#@]+(/[^\\s?#]*)?$", maxLength: 300 }),
    initial: "`http://` with VIF_HOST and VIF_PORT",
    allowed: "an address such as `https://vif.shop.example`",
    meaning: "Where customers and providers reach the data plane: links in messages begin with it.",
  },
  dataDir: {
    env: "VIF_DATA_DIR",
    schema: Folder,
    initial: "./data",
    allowed: "a folder that Vif may write",
    meaning: "Everything that the embedded stores, the node's identity and the made secrets are kept in.",
  },
  store: {
    env: "VIF_STORE",
    schema: Url,
    initial: "embedded",
    allowed: "`embedded`, `redis://host:port`, `rediss://host:port` or `redis-cluster://host:port,host:port`",
    meaning: "Hot store: journal, profiles, leases. `embedded` is in the data folder, for one node.",
  },
  history: {
    env: "VIF_HISTORY",
    schema: Url,
    initial: "embedded",
    allowed: "`embedded` or `postgres://user@host:port/database`",
    meaning: "Durable history. `embedded` is DuckDB in the data folder.",
  },
  rules: {
    env: "VIF_RULES",
    schema: Folder,
    initial: "./rules",
    allowed: "a folder",
    meaning: "The brand's rule files; loaded again when saved. Templates are in the folder `templates` beside it.",
  },
  historyBehind: {
    env: "VIF_HISTORY_BEHIND",
    schema: Type.Integer({ minimum: 1_000, maximum: 1_000_000_000 }),
    initial: "2000000",
    allowed: "a number of records from 1000 to 1000000000",
    meaning:
      "Records that each node's journals may hold for a history that is away; past that, events are taken slowly until it has caught up. An event makes two to four, of 300 bytes each.",
  },
  durability: {
    env: "VIF_DURABILITY",
    schema: Type.Enum(["process", "disk", "replica"]),
    initial: "disk (embedded), process (Redis)",
    allowed: "`process`, `disk` or `replica` (Redis only)",
    meaning: "What an acknowledged event survives: the kill of any Vif process, a power loss, the loss of a master.",
  },
  shards: {
    env: "VIF_SHARDS",
    schema: Type.Integer({ minimum: 1, maximum: shardsMax }),
    initial: "8",
    allowed: `a power of two from 1 to ${shardsMax}`,
    meaning: "Units of ownership. Fixed when a store is created; an empty one of more is filled from history.",
  },
  workers: {
    env: "VIF_WORKERS",
    schema: Type.Integer({ minimum: 1, maximum: workersMax }),
    initial: "cores - 1, at least 1 and at most the number of shards",
    allowed: `an integer from 1 to ${workersMax}, at most the number of shards`,
    meaning: "Threads that own shards.",
  },
  cacheMb: {
    env: "VIF_CACHE_MB",
    schema: Type.Integer({ minimum: cacheMbMin, maximum: cacheMbMax }),
    initial: "256",
    allowed: `an integer of at least ${cacheMbMin}`,
    meaning: "Memory for profiles, in MB, all workers together.",
  },
  linkAddress: {
    env: "VIF_LINK_ADDRESS",
    schema: Type.String({ pattern: "^wss?://[^/\\s]+$", maxLength: 300 }),
    initial: "none: a node alone",
    allowed: "`ws://host:port`, or `wss://host:port` where a proxy ends TLS",
    meaning: "This node's data plane, as the other nodes reach it. Needs a Redis store and a PostgreSQL history.",
  },
  linkSecret: {
    env: "VIF_LINK_SECRET",
    schema: Secret,
    initial: "none",
    allowed: secretRule,
    meaning: "Shared by all nodes; proves them to each other.",
  },
  secret: {
    env: "VIF_SECRET",
    schema: Secret,
    initial: "made and kept in the data folder",
    allowed: secretRule,
    meaning: "Signs visitor tokens, and the links in messages. The same on all nodes.",
  },
  oldSecrets: {
    env: "VIF_OLD_SECRETS",
    schema: Type.Array(Secret, { maxItems: oldSecretsMax }),
    initial: "none",
    allowed: "a list of former values of VIF_SECRET (in the environment separated by commas)",
    meaning: "Visitor tokens and links signed with these are still taken. The same on all nodes.",
  },
  controlToken: {
    env: "VIF_CONTROL_TOKEN",
    schema: Secret,
    initial: "made and kept in the data folder",
    allowed: secretRule,
    meaning: "Bearer token of the control plane.",
  },
  allowOrigins: {
    env: "VIF_ALLOW_ORIGINS",
    schema: Origins,
    initial: "none; on loopback every loopback origin",
    allowed: "origins such as `https://shop.example`, or `*` (in the environment separated by commas)",
    meaning: "Web pages that may use a browser key which names no origins of its own.",
  },
  phoneCountry: {
    env: "VIF_PHONE_COUNTRY",
    schema: Type.String({ pattern: "^[A-Z]{2}$" }),
    initial: "none: such numbers name nobody",
    allowed: "a country's two letters (ISO 3166), such as `FR`",
    meaning: "How phone numbers without a country code are read.",
  },
  trustBrowsers: {
    env: "VIF_TRUST_BROWSERS",
    schema: Type.Boolean(),
    initial: "false",
    allowed: "`true` or `false`",
    meaning: "Take a browser's word for who somebody is, without a token signed by your server. For closed networks.",
  },
  consent: {
    env: "VIF_CONSENT",
    schema: Type.Enum(["assumed", "required"]),
    initial: "assumed",
    allowed: "`assumed` or `required`",
    meaning: "`required`: pages with the SDK send and keep nothing until the visitor has agreed.",
  },
  doNotTrack: {
    env: "VIF_DO_NOT_TRACK",
    schema: Type.Enum(["honour", "ignore"]),
    initial: "honour",
    allowed: "`honour` or `ignore`",
    meaning: "Whether the SDK stays silent where a browser says Do Not Track or Global Privacy Control.",
  },
  storeUnsafe: {
    env: "VIF_STORE_UNSAFE",
    schema: Type.Boolean(),
    initial: "false",
    allowed: "`true` or `false`",
    meaning: "Start on a Redis that evicts keys or keeps no append-only file. Acknowledged events can then be lost.",
  },
  ...CHANNEL_SETTINGS,
  night: {
    env: "VIF_NIGHT",
    schema: Type.String({ minLength: 3, maxLength: 100 }),
    initial: "15 3 * * *",
    allowed: "`off`, or a time as cron has it: minute, hour, day, month, weekday",
    meaning: "When live is compared with history and put right, by the clock of this computer. One node does it.",
  },
  anonymousDays: {
    env: "VIF_ANONYMOUS_DAYS",
    schema: Type.Integer({ minimum: 0, maximum: 9_999 }),
    initial: "90",
    allowed: "1 to 9999, or 0 for ever",
    meaning:
      "Days after its last event for which a profile is kept of which nobody knows whose it is. A night lets it go.",
  },
  deadLetterDays: {
    env: "VIF_DEAD_LETTER_DAYS",
    schema: Type.Integer({ minimum: 0, maximum: 9_999 }),
    initial: "90",
    allowed: "1 to 9999, or 0 for ever",
    meaning:
      "Days for which a message that was given up, or of which nobody knows whether it was sent, is kept, to be tried once more. A night lets it go after that.",
  },
  keys: {
    env: undefined,
    schema: Type.Array(Key, { minItems: 1, maxItems: keysMax }),
    initial: "the example brand's, on a loopback address only",
    allowed: "a list of `{ name, key, kind: browser | server | till, origins? }`",
    meaning:
      "Who may send. Takes the place of all of the example brand's keys. A name has up to 64 of `a-z`, `0-9` and `-`, and does not begin with `-`; " +
      `a key ${secretCharsMin} to ${secretCharsMax} printable characters without spaces and colons. \`origins\` are for browser and till keys. Only in vif.yaml.`,
  },
} as const satisfies Record<string, Setting>;

interface Setting {
  readonly env: string | undefined;
  readonly schema: Parameters<typeof Type.Optional>[0];
  readonly initial: string;
  readonly allowed: string;
  readonly meaning: string;
}

export type SettingName = keyof typeof SETTINGS;

/** Values as they stand in vif.yaml, or as read from the environment's text; every one may be absent. */
export type SettingValues = { readonly [Name in SettingName]?: Static<(typeof SETTINGS)[Name]["schema"]> };

/** Never shown in an error text or a log. */
export const SECRET_SETTINGS: readonly SettingName[] = [
  "secret",
  "oldSecrets",
  "controlToken",
  "linkSecret",
  "keys",
  ...SECRET_CHANNEL_SETTINGS,
];

/** Names the environment may hold besides: where vif.yaml lies, and what the tests are told. */
export const CONFIG_FILE_VARIABLE = "VIF_CONFIG";
export const TEST_VARIABLE_PREFIX = "VIF_TEST_";

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
export const CHANNEL_SETTING_NAMES = Object.keys(CHANNEL_SETTINGS) as SettingName[];

/** README's table, in Markdown. */
export function renderSettingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { env, initial, allowed, meaning } = SETTINGS[name];
    const cells = [env === undefined ? "" : `\`${env}\``, `\`${name}\``, initial, allowed, meaning];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const file = `| \`${CONFIG_FILE_VARIABLE}\` | | ./vif.yaml | a file | Where vif.yaml is; may be absent unless named so. |`;
  return ["| environment | vif.yaml | default | allowed | meaning |", "|---|---|---|---|---|", ...rows, file].join(
    "\n",
  );
}

/** The part of `--help` that lists the settings, for a terminal 100 columns wide. */
export function renderSettingsHelp(): string {
  const lines = SETTING_NAMES.map((name) => {
    const { env, initial, allowed, meaning } = SETTINGS[name];
    const title = env === undefined ? `${name} (vif.yaml)` : env;
    return `  ${title}\n      ${meaning}\n      Allowed: ${allowed.replaceAll("`", "")}. Default: ${initial}.`;
  });
  return `Settings, from the environment or else from vif.yaml (under their names there):\n${lines.join("\n")}`;
}
