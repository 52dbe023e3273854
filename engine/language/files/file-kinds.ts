/** Every kind of rule file: the one place to add another. */
import { contentFile } from "./content-file.ts";
import { eventFile } from "./event-file.ts";
import { fieldsFile } from "./fields-file.ts";
import { loyaltyFile } from "./loyalty-file.ts";
import type { FileKind } from "./rule-declarations.ts";
import { segmentFile } from "./segment-file.ts";
import { sourceFile } from "./source-file.ts";
import { testFile } from "./test-file.ts";

export const FILE_KINDS: readonly FileKind[] = [
  fieldsFile,
  eventFile,
  segmentFile,
  contentFile,
  loyaltyFile,
  sourceFile,
  testFile,
];
