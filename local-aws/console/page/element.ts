type Child = Node | string;
type Properties = Record<string, string | boolean | ((event: Event) => void)>;

/**
 * Makes an element. Text becomes text, never markup, whatever is in it.
 * @param properties attributes; `true` is one without a value, `false` is left out; a function listens to the event that its name says
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Sets an element's text where it is another one: what is selected or read aloud is left alone. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
