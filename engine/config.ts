/**
 * The only reader of the environment and of vif.yaml. It turns both into one checked, frozen `Config`, or fails with a
 * `SetupError` that lists everything wrong at once, with the remedy. `parseConfig` is pure; `readConfig` adds the two
 * secrets that Vif makes for itself. No default here lets a stranger in: the example keys work on loopback only.
 */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { hidePassword, readSources } from "./config-sources.ts";
import type { ConfigFile, SettingSources } from "./config-sources.ts";
import { parseProviders } from "./config-channels.ts";
import { parseHistory, parseStore } from "./config-stores.ts";
import type { HistorySetting, StoreSetting } from "./config-stores.ts";
import { keepSecret, readSecret } from "./kept-secret.ts";
import { historyBehindRecordsUsual } from "./limits-of-history.ts";
import { SetupError } from "./model/errors.ts";
import { isPhoneCountry } from "./model/identifier-rules.ts";
import type { SourceId } from "./model/ids.ts";
import type { ProviderSettings } from "./model/provider-settings.ts";
import { isPublishedKey } from "./model/published-key.ts";
import { CHANNEL_SETTING_NAMES, CONFIG_FILE_VARIABLE, SETTINGS } from "./settings.ts";
import type { SettingName } from "./settings.ts";

export type KeyKind = "browser" | "server" | "till";

export interface Key {
  /** Scopes message ids; shown in reports, never secret. */
  readonly name: SourceId;
  readonly key: string;
  readonly kind: KeyKind;
  /** For browser keys; undefined: `allowOrigins` rules. */
  readonly origins: readonly string[] | undefined;
}

export type Durability = "process" | "disk" | "replica";

export interface ParsedConfig {
  readonly host: string;
  /** True when only this machine can reach `host`. */
  readonly loopback: boolean;
  /** 0: any free port. */
  readonly port: number;
  readonly controlPort: number;
  /** Where customers reach the data plane, without a `/` at its end. */
  readonly publicUrl: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute. */
  readonly rulesDir: string;
  readonly store: StoreSetting;
  readonly history: HistorySetting;
  readonly durability: Durability;
  /** Of a store that is yet to be made. */
  readonly shards: number;
  /** Somebody has said how many: they should hear where the store has others. */
  readonly shardsGiven: boolean;
  readonly workers: number;
  /** All workers together. */
  readonly cacheBytesMax: number;
  /** Both or neither: a node alone has none. */
  readonly link: { readonly address: string; readonly secret: string } | undefined;
  readonly keys: readonly Key[];
  readonly allowOrigins: readonly string[];
  readonly trustBrowsers: boolean;
  readonly consent: "assumed" | "required";
  readonly doNotTrack: "honour" | "ignore";
  readonly storeUnsafe: boolean;
  /** ISO 3166 code for phone numbers without a country code. */
  readonly phoneCountry: string | undefined;
  /** Records that history may owe this node's journals until events are taken slowly. */
  readonly historyBehindRecordsMax: number;
  /** As cron has it; undefined: never. */
  readonly night: string | undefined;
  /** How long anonymous profiles are kept after their last event; undefined: for ever. */
  readonly anonymousDays: number | undefined;
  /** How long messages that have come to nothing are kept, to be tried once more; undefined: for ever. */
  readonly deadLetterDays: number | undefined;
  /** Former values of `secret`, still honoured. */
  readonly oldSecrets: readonly string[];
  /** undefined: to be made and kept. */
  readonly secret: string | undefined;
  readonly controlToken: string | undefined;
  /** Who carries messages; the key that e-mails are signed with is in it once `readConfig` has read it. */
  readonly providers: ProviderSettings;
}

export interface Config extends ParsedConfig {
  readonly secret: string;
  readonly controlToken: string;
}

export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: ConfigFile | undefined;
  /** Folders of the environment are relative to it. */
  readonly cwd: string;
  /** Of this machine; gives the default number of workers. */
  readonly cores: number;
}

const DEVELOPMENT_KEYS: readonly Key[] = [
  { name: "example-browser" as SourceId, key: "example-write-key", kind: "browser", origins: undefined },
  { name: "example-server" as SourceId, key: "example-server-key", kind: "server", origins: undefined },
  { name: "example-till" as SourceId, key: "example-till-key", kind: "till", origins: undefined },
];

/** Five fields of digits, lists, ranges, steps and names; whether there is such a time is for croner to say. */
const CRON = /^[\d*,/A-Za-z?L#-]+( [\d*,/A-Za-z?L#-]+){4}$/;
const MEGABYTE = 1_000_000;
const REMEDY = "Every setting and what it may be: `node dist/start/main.js --help`, or the table in README.md.";

/** @throws SetupError naming every problem of the sources, one a line */
export function parseConfig({ env, file, cwd, cores }: ConfigSources): ParsedConfig {
  const sources = readSources(env, file);
  const { values, places, refused } = sources;
  const problems = [...sources.problems];
  /** What settings are together is worth a word only where each of them is sound. */
  const sound = (...names: readonly SettingName[]): boolean => !names.some((name) => refused.has(name));
  const refuse = (problem: string | undefined): void => void (problem !== undefined && problems.push(problem));

  const pathOf = (name: SettingName, written: string): string =>
    resolve(sources.fromFile.has(name) && file !== undefined ? resolve(cwd, dirname(file.path)) : cwd, written);
  const folderOf = (name: "dataDir" | "rules", initial: string): string => pathOf(name, values[name] ?? initial);
  const host = values.host ?? "127.0.0.1";
  const loopback = isLoopback(host);
  const store = parseStore(values.store ?? "embedded");
  if (store.kind === "unknown") refuse(wrong(sources, "store", store.allowed));
  const history = parseHistory(values.history ?? "embedded");
  if (history.kind === "unknown") refuse(wrong(sources, "history", history.allowed));

  const durability = values.durability ?? (store.kind === "embedded" ? "disk" : "process");
  if (durability === "replica" && store.kind === "embedded" && sound("store"))
    refuse("VIF_DURABILITY is replica, which the embedded store has none of; allowed with it: process, disk.");
  const shards = values.shards ?? 8;
  if (!Number.isInteger(Math.log2(shards)))
    refuse(`${places.get("shards")} is ${shards}; allowed: 1, 2, 4, 8, 16, 32 or 64.`);
  const workers = values.workers ?? Math.max(1, Math.min(shards, cores - 1));
  if (workers > shards && sound("workers", "shards"))
    refuse(`${places.get("workers")} is ${workers}, more than the ${shards} shards: a worker without a shard idles.`);
  if (values.port !== undefined && values.port !== 0 && values.port === values.controlPort)
    refuse(`VIF_PORT and VIF_CONTROL_PORT are both ${values.port}; they must differ.`);
  const night = values.night ?? "15 3 * * *";
  const anonymousDays = values.anonymousDays ?? 90;
  const deadLetterDays = values.deadLetterDays ?? 90;
  if (night !== "off" && !CRON.test(night))
    refuse(`${places.get("night")} is "${night}"; allowed: ${SETTINGS.night.allowed.replaceAll("`", "")}.`);
  if (values.phoneCountry !== undefined && !isPhoneCountry(values.phoneCountry))
    refuse(`${places.get("phoneCountry")} is ${values.phoneCountry}, which is no country with phone numbers.`);
  const { providers, problems: unfit } = parseProviders(values, isLoopback, (path) => pathOf("dkimKey", path));
  if (sound(...CHANNEL_SETTING_NAMES)) problems.push(...unfit);
  if (sound("linkAddress", "linkSecret", "secret", "store", "history"))
    refuse(checkLink(sources, { store: store.kind === "embedded", history: history.kind === "embedded" }));
  const keys = parseKeys(sources);
  if (sound("keys", "host")) problems.push(...checkKeys(keys, loopback, host));

  if (problems.length > 0 || store.kind === "unknown" || history.kind === "unknown")
    throw new SetupError(problems.join("\n"), REMEDY);
  return Object.freeze({
    host,
    loopback,
    port: values.port ?? 8080,
    controlPort: values.controlPort ?? 8081,
    publicUrl: (values.publicUrl ?? `http://${host.includes(":") ? `[${host}]` : host}:${values.port ?? 8080}`).replace(
      /\/+$/,
      "",
    ),
    dataDir: folderOf("dataDir", "data"),
    rulesDir: folderOf("rules", "rules"),
    store,
    history,
    durability,
    shards,
    shardsGiven: values.shards !== undefined,
    workers,
    cacheBytesMax: (values.cacheMb ?? 256) * MEGABYTE,
    link:
      values.linkAddress === undefined || values.linkSecret === undefined
        ? undefined
        : { address: values.linkAddress, secret: values.linkSecret },
    keys,
    allowOrigins: values.allowOrigins ?? [],
    trustBrowsers: values.trustBrowsers ?? false,
    consent: values.consent ?? "assumed",
    doNotTrack: values.doNotTrack ?? "honour",
    storeUnsafe: values.storeUnsafe ?? false,
    historyBehindRecordsMax: values.historyBehind ?? historyBehindRecordsUsual,
    night: night === "off" ? undefined : night,
    anonymousDays: anonymousDays === 0 ? undefined : anonymousDays,
    deadLetterDays: deadLetterDays === 0 ? undefined : deadLetterDays,
    phoneCountry: values.phoneCountry,
    oldSecrets: values.oldSecrets ?? [],
    secret: values.secret,
    controlToken: values.controlToken,
    providers,
  });
}

function wrong({ values, places }: SettingSources, name: "store" | "history", allowed: string): string {
  return `${places.get(name) ?? name} is "${hidePassword(values[name] ?? "")}"; allowed: ${allowed}.`;
}

/** Nodes that cannot reach or believe each other, or that sign differently, are worse than one node. */
function checkLink(
  { values }: SettingSources,
  embedded: { readonly store: boolean; readonly history: boolean },
): string | undefined {
  if (values.linkAddress === undefined)
    return values.linkSecret === undefined ? undefined : "VIF_LINK_SECRET is set, but VIF_LINK_ADDRESS is not.";
  if (embedded.store)
    return "VIF_LINK_ADDRESS is set, but the embedded store serves one node only: set VIF_STORE to a Redis.";
  if (values.linkSecret === undefined) return "VIF_LINK_ADDRESS is set, but VIF_LINK_SECRET is not.";
  if (values.secret === undefined)
    return "VIF_LINK_ADDRESS is set, but VIF_SECRET is not: a visitor's token must be valid on every node.";
  if (embedded.history)
    return "VIF_LINK_ADDRESS is set, but the embedded history is one node's own: set VIF_HISTORY to a PostgreSQL.";
  return undefined;
}

function parseKeys({ values }: SettingSources): readonly Key[] {
  if (values.keys === undefined) return DEVELOPMENT_KEYS;
  return values.keys.map(({ name, key, kind, origins }) => ({ name: name as SourceId, key, kind, origins }));
}

function* checkKeys(keys: readonly Key[], loopback: boolean, host: string): Generator<string> {
  const exposed = `the host is ${host}, which others can reach`;
  if (keys === DEVELOPMENT_KEYS) {
    if (!loopback)
      yield `No keys are set, and ${exposed}: give \`keys\` of your own in vif.yaml (see vif.yaml.example).`;
    return;
  }
  const names = new Set<string>();
  const texts = new Set<string>();
  for (const { name, key, kind, origins } of keys) {
    if (names.has(name)) yield `Two keys have the name ${name}.`;
    if (texts.has(key)) yield `The key ${name} is the same as another one.`;
    if (origins !== undefined && kind === "server") yield `The key ${name} has origins, which a server key may not.`;
    if (!loopback && isPublishedKey(key))
      yield `The key ${name} is one of an example's, known to everybody, and ${exposed}: make one of your own (openssl rand -hex 16).`;
    names.add(name);
    texts.add(key);
  }
}

/** 127.0.0.0/8 (RFC 1122, 3.2.1.3), ::1 (RFC 4291, 2.5.3), localhost (RFC 6761, 6.3). */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1" || host.toLowerCase() === "localhost";
}

/**
 * The engine's own configuration. Makes the data folder and, where none are set, the secrets in it (mode 0600).
 * @throws SetupError
 */
export function readConfig(): Config {
  const parsed = readParsedConfig();
  return Object.freeze({
    ...parsed,
    secret: parsed.secret ?? keepSecret(parsed.dataDir, "visitor-secret"),
    controlToken: parsed.controlToken ?? keepSecret(parsed.dataDir, "control-token"),
    providers: withDkimKey(parsed),
  });
}

/** @throws SetupError when the key cannot be read */
function withDkimKey({ providers }: ParsedConfig): ProviderSettings {
  const { email } = providers;
  if (email?.dkim === undefined) return providers;
  const { keyFile } = email.dkim;
  try {
    const privateKey = readFileSync(keyFile, "utf8");
    createPrivateKey(privateKey);
    return { ...providers, email: { ...email, dkim: { ...email.dkim, privateKey } } };
  } catch (cause) {
    const message = `The key of VIF_DKIM_KEY, ${keyFile}, cannot be read, or is no private key in PEM.`;
    throw new SetupError(message, "Make one with `openssl genrsa 2048`, or correct the path and its rights.", {
      cause,
    });
  }
}

/**
 * For the `vif` command beside a running engine: makes nothing; a secret is undefined until an engine has made it.
 * @throws SetupError
 */
export function readClientConfig(): ParsedConfig {
  const parsed = readParsedConfig();
  return Object.freeze({
    ...parsed,
    secret: parsed.secret ?? readSecret(parsed.dataDir, "visitor-secret"),
    controlToken: parsed.controlToken ?? readSecret(parsed.dataDir, "control-token"),
  });
}

/**
 * Who carries messages, for a command that sends one by itself. No secret is made for it.
 *
 * @throws SetupError as `readConfig`
 */
export function readProviders(): Pick<ParsedConfig, "providers" | "publicUrl"> {
  const parsed = readParsedConfig();
  return { providers: withDkimKey(parsed), publicUrl: parsed.publicUrl };
}

function readParsedConfig(): ParsedConfig {
  const cwd = process.cwd();
  return parseConfig({ env: process.env, file: readConfigFile(cwd), cwd, cores: availableParallelism() });
}

function readConfigFile(cwd: string): ConfigFile | undefined {
  const named = process.env[CONFIG_FILE_VARIABLE] || undefined;
  const path = named ?? "vif.yaml";
  try {
    return { path, text: readFileSync(resolve(cwd, path), "utf8") };
  } catch (cause) {
    if (named === undefined && (cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const reason = (cause as NodeJS.ErrnoException).code ?? "error";
    throw new SetupError(
      `${path} cannot be read (${reason}).`,
      `Correct ${CONFIG_FILE_VARIABLE} or the file's rights.`,
      { cause },
    );
  }
}
