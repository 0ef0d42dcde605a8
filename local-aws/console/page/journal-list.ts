import type { JournalView } from "../view.js";
import { byId, setText } from "./element.js";

const MAX_KEPT = 500;

interface Kept<T> {
  entry: T;
  node: HTMLElement;
}

/** A log, newest entry first: so many are kept, those shown that pass a filter. */
export class JournalList<T> {
  private kept = new Map<number, Kept<T>>();
  private next = 0;

  /** @param list id of the list; its `-empty` and `-count` stand in the page, too */
  constructor(
    private readonly options: {
      list: string;
      count?: string;
      empty: string;
      row(entry: T): HTMLElement;
      passes?(entry: T): boolean;
    },
  ) {}

  /** Forgets everything: the emulator is another one. */
  clear(): void {
    this.kept.clear();
    this.next = 0;
    byId(this.options.list).replaceChildren();
    this.tell();
  }

  show({ first, added }: JournalView<T>): void {
    const list = byId(this.options.list);
    for (const { number, ...entry } of added) {
      if (number < this.next) continue;
      this.next = number + 1;
      const node = this.options.row(entry as T);
      this.kept.set(number, { entry: entry as T, node });
      node.hidden = !(this.options.passes?.(entry as T) ?? true);
      list.prepend(node);
    }
    for (const [number, { node }] of this.kept) {
      if (number >= first && this.kept.size <= MAX_KEPT) break;
      this.kept.delete(number);
      node.remove();
    }
    this.tell();
  }

  /** Asks the filter again. */
  filter(): void {
    for (const { entry, node } of this.kept.values()) node.hidden = !(this.options.passes?.(entry) ?? true);
    this.tell();
  }

  private tell(): void {
    byId(this.options.empty).hidden = this.kept.size > 0;
    if (!this.options.count) return;
    const shown = [...this.kept.values()].filter(({ node }) => !node.hidden).length;
    const isFiltered = shown < this.kept.size;
    setText(
      byId(this.options.count),
      isFiltered ? `${shown} of the latest ${this.kept.size}` : this.next > 0 ? `${this.next}` : "",
    );
  }
}
