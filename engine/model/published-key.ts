/** Keys that stand in what everybody can read: those of the example brand, and those that vif.yaml.example tells to replace. */
export function isPublishedKey(key: string): boolean {
  return /^(example|replace-me)-/.test(key);
}
