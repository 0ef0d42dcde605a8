import { element } from "./element.js";

/** Tags as a list of names and values; what comes before a colon, such as a tool's name, is left to the tooltip. */
export function tagList(tags: Record<string, string>): HTMLElement {
  const items = Object.entries(tags).map(([key, value]) => {
    const name = key.slice(key.lastIndexOf(":") + 1);
    return element("li", { title: `${key} = ${value}` }, element("b", {}, name), ` ${value}`);
  });
  return element("ul", { class: "tags", "aria-label": "Tags" }, ...items);
}
