import assert from "node:assert/strict";
import type { ServiceHeld } from "../../../dynamic-providers/streaming-configuration/arguments.js";
import { asMarked, type Mark, markOf, tagsOf } from "../../../dynamic-providers/streaming-configuration/mark-tags.js";

const mark: Mark = { stack: "acme/calls/prod", name: "office", nonce: "n-1" };

describe("the tags that mark a connector", () => {
  it("come back as the mark that was written, with every configuration that can have been there before", () => {
    const arn = `arn:aws:chime:ap-northeast-1:123456789012:media-insights-pipeline-configuration/${"c".repeat(64)}`;
    const previous: ServiceHeld[] = [
      { dataRetentionInHours: 0, disabled: true, notificationTargets: [] },
      { dataRetentionInHours: 87_600, disabled: false, notificationTargets: ["EventBridge", "SNS", "SQS"] },
      {
        dataRetentionInHours: 87_600,
        disabled: true,
        notificationTargets: ["EventBridge", "SNS", "SQS"],
        mediaInsights: { configurationArn: arn, disabled: true },
      },
    ];
    assert.deepEqual(markOf(tagsOf(mark)), mark);
    for (const held of previous)
      assert.deepEqual(markOf(tagsOf({ ...mark, previous: held })), { ...mark, previous: held });
  });

  it("are values that AWS takes, whatever stacks and resources are called, and tell long names apart", () => {
    const names = ["büro #1 <main>", "büro #1 (main)", `${"x".repeat(300)}a`, `${"x".repeat(300)}b`];
    const values = names.map((name) => asMarked({ stack: mark.stack, name }).name);
    assert.equal(new Set(values).size, names.length);
    for (const value of values) assert.match(value, /^[A-Za-z0-9 +\-=._:/@]{1,256}$/);
    const [owner] = names.map((name) => ({ stack: `acme/calls/${name}`, name }));
    assert.equal(markOf(tagsOf({ ...owner!, nonce: "n" }))?.stack, asMarked(owner!).stack);
  });

  it("replace all of an older mark, what was there before that included", () => {
    const previous: ServiceHeld = { dataRetentionInHours: 3, disabled: false, notificationTargets: [] };
    const older = tagsOf({ ...mark, previous });
    const newer = tagsOf({ ...mark, nonce: "n-2" });
    const merged = new Map([...older, ...newer].map(({ Key, Value }) => [Key, Value]));
    const tags = [...merged].map(([Key, Value]) => ({ Key, Value }));
    assert.deepEqual(markOf(tags), { ...mark, nonce: "n-2" });
  });

  it("are no mark without the stack's, and a foreign `previous` is none", () => {
    assert.equal(markOf([]), undefined);
    assert.equal(markOf(tagsOf(mark).filter(({ Key }) => !Key?.endsWith(":stack"))), undefined);
    const spoilt = tagsOf(mark).map((tag) => (tag.Key?.endsWith(":previous") ? { ...tag, Value: "by hand" } : tag));
    assert.deepEqual(markOf(spoilt), mark);
  });

  it("keep nothing to be put back that AWS would refuse", () => {
    for (const Value of ["7 off Foo/Bar", "7 off SQS/Foo", "99999999999999999999 on SNS", "-1 on SNS", "7.5 on SNS"]) {
      const edited = tagsOf(mark).map((tag) => (tag.Key?.endsWith(":previous") ? { ...tag, Value } : tag));
      assert.equal(markOf(edited)?.previous, undefined, Value);
    }
  });
});
