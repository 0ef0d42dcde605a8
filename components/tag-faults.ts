import { isObject } from "../dynamic-providers/faults.js";
import type { ArgumentFaults } from "./argument-faults.js";

/** AWS allows 50, of which up to three, on a queue, are the component's own. */
const MOST_TAGS = 47;
const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;

/** Plain, as tags are shown wherever costs are: a secret has no place in them. */
export function tagFaults(list: ArgumentFaults, tags: unknown): void {
  if (!list.plain("tags", tags, isObject, "must be an object of texts")) return;
  const entries = Object.entries(tags as Record<string, unknown>);
  if (entries.length > MOST_TAGS) list.add("tags", `must be at most ${MOST_TAGS}`);
  for (const [key, value] of entries) {
    const isKey = key.length >= 1 && key.length <= 128 && TEXT.test(key) && !/^aws:/i.test(key);
    if (!isKey)
      list.add(`tags.${key}`, "is no name for a tag: 1 to 128 letters, digits, spaces and _.:/=+-@, not aws: first");
    const isValue = (text: unknown) => typeof text === "string" && text.length <= 256 && TEXT.test(text);
    const reason = "must be a text of at most 256 letters, digits, spaces and _.:/=+-@";
    if (value === undefined || value === null) list.add(`tags.${key}`, reason);
    else list.plain(`tags.${key}`, value, isValue, reason);
  }
}
