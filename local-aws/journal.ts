/** The latest of what happened, oldest first; everything that ever did is counted. */
export class Journal<T> {
  private readonly entries: T[] = [];
  private count = 0;

  constructor(private readonly maxEntries = 20_000) {}

  add(entry: T): void {
    this.entries.push(entry);
    this.count++;
    // Dropping half at a time keeps the cost of the limit off every entry.
    if (this.entries.length > this.maxEntries) this.entries.splice(0, Math.ceil(this.maxEntries / 2));
  }

  list(): T[] {
    return [...this.entries];
  }

  clear(): void {
    this.entries.length = 0;
  }

  /** How many there ever were; the next entry's number, counted from 0. */
  get total(): number {
    return this.count;
  }

  /** The number of the oldest entry that is kept. */
  get first(): number {
    return this.count - this.entries.length;
  }

  /** Entries from a number on, the latest `max` of them at most; `number` is that of the first one given. */
  since(number: number, max: number): { number: number; entries: T[] } {
    const from = Math.max(number, this.first, this.count - max);
    return { number: from, entries: this.entries.slice(from - this.first) };
  }
}
