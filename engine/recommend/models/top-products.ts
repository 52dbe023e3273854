/**
 * The best few of many scores, in an order that depends on nothing but the scores: higher first, and of equal ones the
 * product with the lower number. A binary heap of the best so far with its worst at the root, so that a score that is no
 * better costs one comparison.
 */
export class TopProducts {
  readonly products: Uint32Array;
  readonly scores: Float32Array;
  length = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
    this.products = new Uint32Array(most);
    this.scores = new Float32Array(most);
  }

  clear(): void {
    this.length = 0;
  }

  /** What is below it is not among the best; before `sort`. */
  get bar(): number {
    return this.length < this.#most ? Number.NEGATIVE_INFINITY : (this.scores[0] as number);
  }

  offer(product: number, given: number): void {
    // As it is kept: unrounded it would be above or below an equal one by what is lost in keeping.
    const score = Math.fround(given);
    if (this.length < this.#most) {
      this.#rise(this.length, product, score);
      this.length += 1;
      return;
    }
    const worst = this.scores[0] as number;
    if (score < worst || (score === worst && product > (this.products[0] as number))) return;
    this.#sink(product, score, this.length);
  }

  /** Best first; nothing may be offered after it until `clear`. */
  sort(): void {
    for (let end = this.length - 1; end > 0; end -= 1) {
      const product = this.products[end] as number;
      const score = this.scores[end] as number;
      this.products[end] = this.products[0] as number;
      this.scores[end] = this.scores[0] as number;
      this.#sink(product, score, end);
    }
  }

  #isWorse(place: number, product: number, score: number): boolean {
    const other = this.scores[place] as number;
    return score < other || (score === other && product > (this.products[place] as number));
  }

  #rise(from: number, product: number, score: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isWorse(parent, product, score)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.products[place] = product;
    this.scores[place] = score;
  }

  #sink(product: number, score: number, length: number): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (
        child + 1 < length &&
        this.#isWorse(child, this.products[child + 1] as number, this.scores[child + 1] as number)
      )
        child += 1;
      if (this.#isWorse(child, product, score)) break;
      this.#move(child, place);
      place = child;
    }
    this.products[place] = product;
    this.scores[place] = score;
  }

  #move(from: number, to: number): void {
    this.products[to] = this.products[from] as number;
    this.scores[to] = this.scores[from] as number;
  }
}
