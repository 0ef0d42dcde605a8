interface Item<T> {
  node: HTMLElement;
  update(value: T): void;
}

/** A list of elements that stay who they are while their values change: focus and selection survive every update. */
export class KeyedList<T> {
  private items = new Map<string, Item<T>>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly keyOf: (value: T) => string,
    private readonly create: (value: T) => Item<T>,
  ) {}

  show(values: readonly T[]): void {
    const items = new Map<string, Item<T>>();
    for (const value of values) {
      const key = this.keyOf(value);
      const item = this.items.get(key) ?? this.create(value);
      item.update(value);
      items.set(key, item);
    }
    for (const [key, { node }] of this.items) if (!items.has(key)) node.remove();
    let next = this.parent.firstElementChild;
    for (const { node } of items.values()) {
      if (node === next) next = node.nextElementSibling;
      else this.parent.insertBefore(node, next);
    }
    this.items = items;
  }
}
