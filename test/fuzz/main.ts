import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type FuzzCase, fuzzCase, MOST_MUTATIONS } from "./fuzz-case.js";
import { minimised } from "./minimise.js";
import { checkBytes, checkTruth } from "./properties.js";

const usage = "npm run fuzz [-- --minutes N] [--seed S]";
const REPORTED_EVERY_MS = 30_000;

function failureOf(check: () => void): Error | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

const kindOf = (error: Error): string => `${error.name}: ${error.message.split("\n", 1)[0]!.replace(/\d+/g, "N")}`;

/** With as few mutations as fail in the same way. */
function withFewestMutations(seed: number, kind: string): FuzzCase {
  const leftOut = new Set<number>();
  for (let index = 0; index < MOST_MUTATIONS; index++) {
    leftOut.add(index);
    const error = failureOf(() => checkTruth(fuzzCase(seed, leftOut)));
    if (!error || kindOf(error) !== kind) leftOut.delete(index);
  }
  return fuzzCase(seed, leftOut);
}

/** The smallest stream that fails in the same way, and what was done to it. */
function reproduction(seed: number, error: Error, needsTruth: boolean): { stream: Buffer; done: string[] } {
  const kind = kindOf(error);
  if (needsTruth) return withFewestMutations(seed, kind);
  const { stream, done } = fuzzCase(seed);
  const fails = (bytes: Buffer): boolean => {
    const found = failureOf(() => checkBytes(bytes, seed));
    return found !== undefined && kindOf(found) === kind;
  };
  return { stream: minimised(stream, fails), done };
}

function report(seed: number, error: Error, needsTruth: boolean): void {
  const { stream, done } = reproduction(seed, error, needsTruth);
  const file = join(tmpdir(), `fuzz-${seed}.mkv`);
  writeFileSync(file, stream);
  console.error(`seed ${seed}: ${error.stack ?? error.message}`);
  console.error(`after ${done.join(", ") || "no mutation"}; ${stream.length} bytes that fail: ${file}`);
  console.error(`again: npm run fuzz -- --seed ${seed} --minutes 0`);
}

/** @returns undefined for wrong use */
function settings(): { minutes: number; first: number } | undefined {
  try {
    const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
    const minutes = Number(values.minutes ?? 10);
    const first = Number(values.seed ?? Date.now() % 1_000_000_000);
    return minutes >= 0 && Number.isSafeInteger(first) ? { minutes, first } : undefined;
  } catch {
    return undefined;
  }
}

function main(): void {
  const chosen = settings();
  if (!chosen) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const { minutes, first } = chosen;
  console.log(`seeds from ${first} on, for ${minutes} minutes`);
  const begunMs = Date.now();
  let toldMs = begunMs;
  let seed = first;
  do {
    const fuzz = fuzzCase(seed);
    const ofBytes = failureOf(() => checkBytes(fuzz.stream, seed));
    const error = ofBytes ?? failureOf(() => checkTruth(fuzz));
    if (error) {
      report(seed, error, ofBytes === undefined);
      process.exitCode = 1;
      return;
    }
    seed++;
    if (Date.now() - toldMs < REPORTED_EVERY_MS) continue;
    toldMs = Date.now();
    console.log(`${seed - first} streams, the last of seed ${seed - 1}`);
  } while (Date.now() - begunMs < minutes * 60_000);
  console.log(`${seed - first} streams, nothing found`);
}

main();
