/**
 * Names what is wrong with a data folder. Errors come from Node (with codes like ENOSPC) and from LMDB (numbers and the
 * system's own texts); people are told the folder, the fault and the remedy.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { storeStartBytesMin } from "../../limits.ts";
import { SetupError } from "../../model/errors.ts";

const FAULTS: readonly { readonly signs: RegExp; readonly fault: string; readonly remedy: string }[] = [
  {
    signs: /ENOSPC|No space left|EDQUOT|quota exceeded|File too large|EFBIG/i,
    fault: "its disk is full",
    remedy: "Free some space on the folder's disk.",
  },
  {
    signs: /EROFS|Read-only file system|EACCES|Permission denied|EPERM|not permitted/i,
    fault: "it is not writable",
    remedy: "Make the folder writable for the engine's user, or choose another (VIF_DATA_DIR).",
  },
  {
    signs: /EIO|Input\/output error/i,
    fault: "its disk fails",
    remedy: "Check the disk, then the hot store can be rebuilt from the history.",
  },
  {
    signs: /MDB_INVALID|MDB_CORRUPTED|MDB_VERSION_MISMATCH|not an LMDB file|corrupted|MDB_PAGE_NOTFOUND/i,
    fault: "its files are no intact hot store",
    remedy: "Move the folder away; the hot store can be rebuilt from the history.",
  },
];

const UNKNOWN = { fault: "it cannot be opened", remedy: "Choose a writable folder on a local disk (VIF_DATA_DIR)." };

/**
 * Throws when the folder does not take a small file now. LMDB maps its lock file, and where the disk has no block for a
 * mapped page the system ends the process.
 */
export function checkSpace(folder: string): void {
  const probe = join(folder, "space-probe");
  try {
    writeFileSync(probe, Buffer.alloc(storeStartBytesMin), { flush: true });
  } finally {
    rmSync(probe, { force: true });
  }
}

export function setupErrorOf(folder: string, cause: unknown): SetupError {
  const { fault, remedy } = faultOf(cause);
  return new SetupError(`The data folder ${folder} cannot be used: ${fault} (${textOf(cause)}).`, remedy, { cause });
}

/** For a write that failed while the store runs. */
export function writeFailureText(folder: string, cause: unknown): string {
  return `The data folder ${folder} took no write: ${faultOf(cause).fault} (${textOf(cause)}).`;
}

function faultOf(cause: unknown): { readonly fault: string; readonly remedy: string } {
  const text = textOf(cause);
  return FAULTS.find(({ signs }) => signs.test(text)) ?? UNKNOWN;
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
