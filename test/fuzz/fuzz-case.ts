import { mutations } from "./mutations.js";
import { Choices } from "./random.js";
import { type Piece, spokenStream } from "./spoken-stream.js";

const MOST_MUTATIONS = 4;
const names = Object.keys(mutations);

export interface FuzzCase {
  seed: number;
  pieces: Piece[];
  stream: Buffer;
  /** Names of the mutations that were done, in order. */
  done: string[];
}

/**
 * The case of a seed. Each mutation has random numbers of its own, so that leaving one out changes the others little.
 * @param leftOut indexes of mutations not to do
 */
export function fuzzCase(seed: number, leftOut: ReadonlySet<number> = new Set()): FuzzCase {
  let pieces = spokenStream(new Choices(seed));
  const plan = new Choices(seed + 0x5eed);
  const count = plan.between(0, MOST_MUTATIONS);
  const done: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = plan.one(names);
    const choices = new Choices(seed * 31 + index);
    if (leftOut.has(index)) continue;
    pieces = mutations[name]!(pieces, choices);
    done.push(name);
  }
  return { seed, pieces, stream: Buffer.concat(pieces.map(({ bytes }) => bytes)), done };
}

export { MOST_MUTATIONS };
