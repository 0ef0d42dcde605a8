import { fuzzCase } from "./fuzz-case.js";
import { checkBytes, checkTruth } from "./properties.js";

const SEEDS = 200;

/** `npm run fuzz` goes on where this ends. */
describe("mutated and recombined streams", () => {
  it(`give the same however they are cut, end, and keep what was not touched: ${SEEDS} seeds`, function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= SEEDS; seed++) {
      const fuzz = fuzzCase(seed);
      try {
        checkBytes(fuzz.stream, seed);
        checkTruth(fuzz);
      } catch (error) {
        (error as Error).message = `seed ${seed} (${fuzz.done.join(", ")}): ${(error as Error).message}`;
        throw error;
      }
    }
  });
});
