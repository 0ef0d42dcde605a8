import assert from "node:assert/strict";
import { pageOf } from "../../local-aws/page.js";

describe("pageOf", () => {
  it("goes through a list, page after page", () => {
    const first = pageOf(["a", "b", "c"], undefined, 2)!;
    assert.deepEqual(first.items, ["a", "b"]);
    assert.deepEqual(pageOf(["a", "b", "c"], first.nextToken, 2), { items: ["c"] });
  });

  it("gives no token where the list ends with the page", () => {
    assert.deepEqual(pageOf(["a", "b"], undefined, 2), { items: ["a", "b"] });
    assert.deepEqual(pageOf([], undefined, 2), { items: [] });
  });

  it("knows a token that it did not give", () => {
    assert.equal(pageOf(["a"], "nonsense", 2), undefined);
  });
});
