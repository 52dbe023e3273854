/**
 * Whether the journals of this node hold more than history may owe them: events are then taken slowly (gateway/pace.ts),
 * and the operator is told, once when it begins and once when it is over.
 */

interface DrainFigures {
  readonly shards: readonly { readonly lagRecords: number }[];
}

/**
 * @param status the drainer's; the same object until there is a newer one
 * @param most records that history may owe
 */
export function createJournalBound(
  status: () => DrainFigures,
  most: number,
  onNote: (text: string) => void,
): () => boolean {
  let seen: DrainFigures | undefined;
  let isBehind = false;
  return () => {
    const now = status();
    if (now === seen) return isBehind;
    seen = now;
    const records = now.shards.reduce((sum, { lagRecords }) => sum + lagRecords, 0);
    // Over only when a good part is drained: not a note for every transaction.
    const behind = records > (isBehind ? most / 2 : most);
    if (behind !== isBehind)
      onNote(
        behind
          ? `history: ${records} records behind, more than ${most}: events are taken slowly until it has caught up`
          : "history: has caught up, events are taken at full rate again",
      );
    isBehind = behind;
    return isBehind;
  };
}
