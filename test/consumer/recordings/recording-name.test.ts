import assert from "node:assert/strict";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import {
  callAudioName,
  callName,
  isLegName,
  legNamePrefix,
  recordingName,
} from "../../../consumer/recordings/recording-name.js";

function streamNamed(name: string) {
  return parseStreamArn(`arn:aws:kinesisvideo:us-east-1:123456789012:stream/${name}/1`)!;
}

describe("recordingName", () => {
  it("joins the transaction, the UUID of the stream and the first fragment", () => {
    const stream = streamNamed("ChimeVoiceConnector-abc123-4f2c9d6e-0000-4000-8000-000000000001");
    assert.equal(
      recordingName({ transactionId: "t-1", stream, firstFragmentNumber: "913438" }),
      "t-1_4f2c9d6e-0000-4000-8000-000000000001_913438",
    );
  });

  it("takes the whole name of a stream that ends with no UUID", () => {
    assert.equal(
      recordingName({ transactionId: "t", stream: streamNamed("my-stream"), firstFragmentNumber: "1" }),
      "t_my-stream_1",
    );
  });

  it("tells legs and calls apart", () => {
    const leg = recordingName({ transactionId: "t_1", stream: streamNamed("call"), firstFragmentNumber: "1" });
    assert.deepEqual([leg, isLegName(leg), leg.startsWith(legNamePrefix("t_1"))], ["t-1_call_1", true, true]);
    assert.deepEqual([callName("t_1"), isLegName(callName("t_1"))], ["t-1_call", false]);
    assert.deepEqual([callAudioName("t", true), callAudioName("t", false)], ["t_call", "t_one-leg_call"]);
  });

  it("hides no recording, however long a transaction and wherever its dots", () => {
    for (const transactionId of [`${"a".repeat(9)}${".".repeat(64)}`, `/${".".repeat(60)}abc`, ".hidden", "..."]) {
      const name = recordingName({ transactionId, stream: streamNamed("s"), firstFragmentNumber: "1" });
      assert.match(name, /^[^./][^/]*_s_1$|^_s_1$/);
    }
  });

  it("lets no transaction lead out of the folder", () => {
    const name = recordingName({ transactionId: "../../etc/x", stream: streamNamed("s"), firstFragmentNumber: "1" });
    assert.equal(name, "-..-etc-x_s_1");
  });
});
