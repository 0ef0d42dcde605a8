import assert from "node:assert/strict";
import { OptionError, parseOptions, usage } from "../../bench/options.js";

const rows = ["extract", "memory"];

describe("options of the benchmark", () => {
  it("without any, all rows are measured as the targets want it: ten hours, seven pairs", () => {
    assert.deepEqual(parseOptions([], rows), { format: "text", only: [], pairs: 7, minutes: 600 });
  });

  it("rows, pairs, minutes and the format are chosen", () => {
    const args = ["--json", "--only", "extract", "--only", "memory", "--pairs", "1", "--minutes", "2"];
    assert.deepEqual(parseOptions(args, rows), { format: "json", only: ["extract", "memory"], pairs: 1, minutes: 2 });
    assert.equal(parseOptions(["--markdown"], rows)?.format, "markdown");
  });

  it("help is no measurement, and names every row", () => {
    assert.equal(parseOptions(["--help"], rows), undefined);
    for (const row of rows) assert.match(usage(rows), new RegExp(`\\b${row}\\b`));
  });

  for (const [what, args, message] of [
    ["a row that is not there", ["--only", "extrakt"], /no row "extrakt"; the rows are extract, memory/],
    ["a number that is none", ["--pairs", "many"], /--pairs takes a whole number from 1 to 99/],
    ["no pair at all", ["--pairs", "0"], /--pairs/],
    ["more than ten hours", ["--minutes", "601"], /--minutes takes a whole number from 1 to 600/],
    ["a broken minute", ["--minutes", "1.5"], /--minutes/],
    ["two formats", ["--json", "--markdown"], /choose one/],
    ["an unknown option", ["--fast"], /--fast/],
    ["an argument out of place", ["extract"], /extract/],
  ] as const) {
    it(`${what} is wrong use, and told`, () => {
      assert.throws(
        () => parseOptions([...args], rows),
        (error) => error instanceof OptionError && message.test(error.message),
      );
    });
  }
});
