import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { LegAssembler } from "../consumer/leg/leg-assembler.js";
import type { Fragment } from "../consumer/matroska/fragment.js";
import { FragmentParser } from "../consumer/matroska/fragment-parser.js";

/** SHA-256, in hexadecimal, of the audio of one call in files of fragments, one after the other. */
export async function spokenSha256(paths: readonly string[], transactionId: string): Promise<string> {
  const parser = new FragmentParser();
  const assembler = new LegAssembler({ transactionId });
  const hash = createHash("sha256");
  const take = (fragments: readonly Fragment[]): void => {
    for (const fragment of fragments) for (const piece of assembler.push(fragment)) hash.update(piece);
  };
  for (const path of paths) for await (const chunk of createReadStream(path)) take(parser.feed(chunk as Buffer));
  take(parser.end());
  return hash.digest("hex");
}
