import assert from "node:assert/strict";
import { AwsCallError } from "../../../aws/call-error.js";
import { type KinesisVideoAccess, openKinesisVideo } from "../../../consumer/kinesis-video/kinesis-video-access.js";
import { describeRetention } from "../../../consumer/kinesis-video/stream-retention.js";
import type { CallLeg } from "../../../local-aws/index.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";
import { callsOf, QUICK, readLive, requestOf } from "./live-reading.js";

const OLD_KEY = "ASIAOLD0000000000000";
const NEW_KEY = "ASIANEW0000000000000";

describe("credentials that expire", () => {
  let telephone: Telephone;
  let access: KinesisVideoAccess;
  let leg: CallLeg;
  let fetched: number;
  let current: string;
  const caller = speech(1, 10_300);

  beforeEach(async () => {
    telephone = await startTelephone({ dataRetentionInHours: 0 });
    leg = (await telephone.call(caller, speech(2, 1_000))).legs.find(({ isCaller }) => isCaller)!;
    fetched = 0;
    current = OLD_KEY;
    // Without an expiry, the SDK would keep them for ever.
    const credentials = async () => {
      fetched++;
      return { accessKeyId: current, secretAccessKey: "secret", sessionToken: `token of ${current}` };
    };
    access = openKinesisVideo({ retry: { baseMs: 2, maxMs: 20 }, credentials });
  });

  afterEach(async () => {
    access.clients.destroy();
    await telephone.close();
  });

  for (const code of ["NotAuthorizedException", "ExpiredTokenException"]) {
    it(`are fetched anew when a call fails with ${code}, and nothing is lost or doubled`, async () => {
      telephone.aws.control.change({ getMediaSessionMs: 60, getMediaFragmentsPerSecond: 50 });
      const { pcm } = await readLive({ access }, requestOf(leg), QUICK, () => {
        if (current === NEW_KEY) return;
        current = NEW_KEY;
        const expired = { actions: ["*"], accessKeyId: OLD_KEY, code, httpStatus: 403 };
        telephone.aws.control.addFault({ kind: "error", ...expired, message: "The security token is expired." });
      });
      assert.deepEqual(pcm, caller);
    });
  }

  it("are not asked for again and again where they stay the same", async () => {
    const denied = { actions: ["kinesisvideo:GetMedia"], code: "NotAuthorizedException", httpStatus: 403 };
    telephone.aws.control.addFault({ kind: "error", ...denied });
    await assert.rejects(readLive({ access }, requestOf(leg)), (error) => {
      return error instanceof AwsCallError && error.kind === "accessDenied";
    });
    assert.equal(callsOf(telephone, "GetMedia"), 1);
    // For each of two clients once, and once more after the refusal.
    assert.equal(fetched, 3);
  });

  it("are fetched once for many calls that fail at the same time", async () => {
    const { stream } = requestOf(leg);
    await describeRetention(access.clients, stream);
    current = NEW_KEY;
    const expired = { actions: ["*"], accessKeyId: OLD_KEY, code: "ExpiredTokenException", httpStatus: 403 };
    telephone.aws.control.addFault({ kind: "error", ...expired });
    await Promise.all(Array.from({ length: 20 }, () => describeRetention(access.clients, stream)));
    assert.equal(fetched, 2);
  });
});
