import assert from "node:assert/strict";
import { type KinesisTags, kinesisTagPlace, takeKinesisTag } from "../../../consumer/matroska/kinesis-tags.js";

function taken(tags: Record<string, string>): KinesisTags {
  const result: KinesisTags = {};
  for (const [name, value] of Object.entries(tags)) takeKinesisTag(result, `AWS_KINESISVIDEO_${name}`, value);
  return result;
}

describe("tags of Kinesis", () => {
  it("turns seconds with a fraction into whole milliseconds", () => {
    for (const [text, ms] of [
      ["1700000000.250", 1_700_000_000_250],
      ["1700000000", 1_700_000_000_000],
      ["0.001", 1],
      ["1510000000.0075", 1_510_000_000_008],
    ] as const) {
      assert.equal(taken({ PRODUCER_TIMESTAMP: text }).producerTimestampMs, ms);
      assert.equal(taken({ SERVER_SIDE_TIMESTAMP: text }).serverTimestampMs, ms);
    }
  });

  it("takes what is no time or number for absent", () => {
    assert.deepEqual(
      taken({ PRODUCER_TIMESTAMP: "soon", SERVER_TIMESTAMP: "", MILLIS_BEHIND_NOW: "-1", FRAGMENT_NUMBER: "12a" }),
      { producerTimestampMs: undefined, serverTimestampMs: undefined },
    );
  });

  it("reads errors in both spellings", () => {
    assert.deepEqual(taken({ ERROR_ID: "3002", ERROR_CODE: "STORAGE_ERROR" }).error, {
      id: 3002,
      code: "STORAGE_ERROR",
    });
    assert.deepEqual(taken({ EXCEPTION_ERROR_CODE: "4000", EXCEPTION_MESSAGE: "gone" }).error, {
      id: 4000,
      message: "gone",
    });
    assert.deepEqual(taken({ EXCEPTION_ERROR_CODE: "InternalFailure" }).error, { code: "InternalFailure" });
  });

  it("knows which tags come before a cluster, which after it, and which are not its own", () => {
    assert.equal(kinesisTagPlace("AWS_KINESISVIDEO_FRAGMENT_NUMBER"), "leading");
    assert.equal(kinesisTagPlace("AWS_KINESISVIDEO_PRODUCER_SIDE_TIMESTAMP"), "leading");
    assert.equal(kinesisTagPlace("AWS_KINESISVIDEO_CONTINUATION_TOKEN"), "trailing");
    assert.equal(kinesisTagPlace("AWS_KINESISVIDEO_ERROR_ID"), "other");
    assert.equal(kinesisTagPlace("AWS_KINESISVIDEO_END_OF_FRAGMENT"), "other");
    assert.equal(kinesisTagPlace("TransactionId"), "none");
  });
});
