/**
 * E-mails as MJML has made them, kept in a file between starts: loading MJML takes longer than everything else that an engine
 * does before it is ready. An entry is known by a digest of all that it was made of, so that nothing of it can be out of date;
 * a file that is missing, broken or of elsewhere is as good as none.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { CompiledEmail } from "./compile-emails.ts";

export interface EmailCache {
  get(key: string): CompiledEmail | undefined;
  put(key: string, email: CompiledEmail): void;
  /** Keeps what was asked for or put since it was opened, and nothing else. */
  save(): Promise<void>;
}

/** Changes with this code's own meaning. */
const format = 1;

/** @param parts all that the e-mail is made of: versions and texts */
export function keyOfEmail(parts: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([format, ...parts]))
    .digest("hex");
}

export async function openEmailCache(path: string): Promise<EmailCache> {
  const kept = await readKept(path);
  const used = new Map<string, CompiledEmail>();
  let isNew = false;
  return {
    get(key) {
      const email = kept.get(key);
      if (email !== undefined) used.set(key, email);
      return email;
    },
    put(key, email) {
      used.set(key, email);
      isNew = true;
    },
    async save() {
      if (!isNew && used.size === kept.size) return;
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(`${path}.new`, JSON.stringify([...used]), { mode: 0o600 });
        await rename(`${path}.new`, path);
      } catch {
        // It is made again at the next start.
      }
    },
  };
}

async function readKept(path: string): Promise<ReadonlyMap<string, CompiledEmail>> {
  try {
    return new Map(JSON.parse(await readFile(path, "utf8")) as [string, CompiledEmail][]);
  } catch {
    return new Map();
  }
}
