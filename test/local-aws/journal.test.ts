import assert from "node:assert/strict";
import { Journal } from "../../local-aws/journal.js";

describe("local-aws: journal", () => {
  it("keeps the latest entries, and their numbers although older ones are dropped", () => {
    const journal = new Journal<string>(4);
    for (let i = 0; i < 7; i++) journal.add(`entry ${i}`);
    assert.equal(journal.total, 7);
    assert.equal(journal.first, 4);
    assert.deepEqual(journal.list(), ["entry 4", "entry 5", "entry 6"]);
    assert.deepEqual(journal.since(0, 10), { number: 4, entries: journal.list() });
    assert.deepEqual(journal.since(5, 10), { number: 5, entries: ["entry 5", "entry 6"] });
    assert.deepEqual(journal.since(0, 1), { number: 6, entries: ["entry 6"] });
    assert.deepEqual(journal.since(7, 10), { number: 7, entries: [] });
  });

  it("goes on counting when it is cleared", () => {
    const journal = new Journal<string>();
    journal.add("a");
    journal.clear();
    assert.deepEqual(journal.since(0, 10), { number: 1, entries: [] });
    journal.add("b");
    assert.deepEqual(journal.since(0, 10), { number: 1, entries: ["b"] });
  });
});
