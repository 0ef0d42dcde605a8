/** `started`: a leg has begun, and nobody has recorded it yet. `ended`: a leg is over, for the worker that reads it live. */
export type MarkKind = "started" | "ended";

export interface Mark {
  name: string;
  text: string;
  /** Of this text: what a conditional `put` replaces. */
  version: string;
}

/** Small objects beside the recordings by which workers tell each other what no recording says yet. */
export interface MarkStore {
  /**
   * Puts a mark in place, whole or not at all.
   * @param name of the leg's recording; a name that is no file name is a `RangeError`
   * @param version of the mark that it replaces; undefined: there is none
   * @param options `replace`: whatever is there is replaced
   * @returns false where a mark was there already (version undefined), or has been changed or removed (version given)
   */
  put(
    kind: MarkKind,
    name: string,
    text: string,
    version?: string | undefined,
    options?: { replace?: boolean },
  ): Promise<boolean>;
  get(kind: MarkKind, name: string): Promise<Mark | undefined>;
  /** One that has gone already is fine. */
  remove(kind: MarkKind, name: string): Promise<void>;
  /** All marks of a kind, in no particular order. */
  list(kind: MarkKind): AsyncIterable<{ name: string; modifiedMs: number }>;
}

export { directoryMarks } from "./directory-marks.js";
export { s3Marks } from "./s3-marks.js";
