/**
 * Element content: text, child elements by name (an array repeats the element), or nothing (the element is left out).
 */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | XmlElements
  | readonly XmlElements[]
  | readonly string[];
export interface XmlElements {
  readonly [name: string]: XmlContent;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;" };

function escapeText(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => entities[character] ?? character);
}

function renderElement(name: string, content: XmlContent): string {
  if (content === undefined) return "";
  if (Array.isArray(content)) return content.map((item) => renderElement(name, item)).join("");
  const inner = typeof content === "object" ? renderElements(content as XmlElements) : escapeText(String(content));
  return `<${name}>${inner}</${name}>`;
}

function renderElements(elements: XmlElements): string {
  return Object.entries(elements)
    .map(([name, content]) => renderElement(name, content))
    .join("");
}

/** A whole document with one root element. */
export function xmlDocument(root: string, xmlNamespace: string | undefined, elements: XmlElements): string {
  const attribute = xmlNamespace ? ` xmlns="${xmlNamespace}"` : "";
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${renderElements(elements)}</${root}>`;
}
