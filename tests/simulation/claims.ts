/** Union-find over identifiers: who may be one person by what was claimed. */
export class Claims {
  readonly #parent = new Map<string, string>();

  find(name: string): string {
    let root = name;
    for (;;) {
      const above = this.#parent.get(root);
      if (above === undefined) return root;
      root = above;
    }
  }

  join(a: string, b: string): void {
    const left = this.find(a);
    const right = this.find(b);
    if (left !== right) this.#parent.set(left, right);
  }

  same(a: string, b: string): boolean {
    return this.find(a) === this.find(b);
  }
}
