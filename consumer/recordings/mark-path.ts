import type { MarkKind } from "./marks.js";

const SUFFIX = ".json";

/** Nothing that leads elsewhere, and nothing hidden: what begins with a dot is still being written. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,249}$/;

/** Where the marks of a kind are, below the place of the recordings. */
export function markFolder(kind: MarkKind): string {
  return `marks/${kind}`;
}

/** The file of a mark. Throws a `RangeError` for a name that `recordingName` would not make. */
export function markFile(name: string): string {
  if (!NAME.test(name)) throw new RangeError("a mark's name has letters, digits, '.', '_' and '-' alone");
  return `${name}${SUFFIX}`;
}

/** The name of the mark in a file, or undefined for a file that is none. */
export function markNameIn(file: string): string | undefined {
  const name = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : "";
  return NAME.test(name) ? name : undefined;
}
