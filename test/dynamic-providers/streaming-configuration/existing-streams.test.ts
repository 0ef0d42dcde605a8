import assert from "node:assert/strict";
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  ListStreamsCommand,
  UpdateDataRetentionCommand,
} from "@aws-sdk/client-kinesis-video";
import { deleteStreams, retentionChange } from "../../../dynamic-providers/streaming-configuration/existing-streams.js";
import { type LocalAws, startLocalAws } from "../../../local-aws/index.js";
import { clientsOf } from "../../local-aws/clients.js";
import { TestSession } from "../session.js";

const UPDATE = "kinesisvideo:UpdateDataRetention";

describe("a connector's existing streams", () => {
  let localAws: LocalAws;
  let session: TestSession;
  let kinesisVideo: ReturnType<typeof clientsOf>["kinesisVideo"];
  const place = { voiceConnectorId: "abcdef1ghij2klmno3pqr4", region: "us-east-1", accountId: "123456789012" };
  const nameOf = (i: number) => `ChimeVoiceConnector-${place.voiceConnectorId}-${i}`;

  beforeEach(async () => {
    localAws = await startLocalAws();
    session = new TestSession(localAws);
    kinesisVideo = clientsOf(localAws).kinesisVideo;
  });
  afterEach(() => localAws.close());

  const make = (StreamName: string, DataRetentionInHours: number) =>
    kinesisVideo.send(new CreateStreamCommand({ StreamName, DataRetentionInHours }));
  const hoursOf = async (StreamName: string) =>
    (await kinesisVideo.send(new DescribeStreamCommand({ StreamName }))).StreamInfo?.DataRetentionInHours;
  const names = async () =>
    (await kinesisVideo.send(new ListStreamsCommand({}))).StreamInfoList?.map(({ StreamName }) => StreamName);

  it("are all found, however many pages they are, and no other connector's", async () => {
    for (let i = 0; i < 205; i++) await make(nameOf(i), i % 2 ? 24 : 0);
    await make("ChimeVoiceConnector-abcdef1ghij2klmno3pqr-1", 1);
    session.takeActions();
    const change = await retentionChange(session.aws, place, 24, false);
    assert.deepEqual(session.takeActions(), Array(3).fill("kinesisvideo:ListStreams"));
    await change.apply();
    assert.deepEqual(session.takeActions(), Array(103).fill(UPDATE), "those that have it already are left alone");
    assert.match(session.told.join(), /the retention of 103 of 205 existing streams was changed to 24 h/);
    assert.equal(await hoursOf("ChimeVoiceConnector-abcdef1ghij2klmno3pqr-1"), 1);
    assert.ok(
      session.pausesMs.every((ms) => ms <= 100),
      "at a pace that leaves the quota to others",
    );
    await deleteStreams(session.aws, place);
    assert.deepEqual(await names(), ["ChimeVoiceConnector-abcdef1ghij2klmno3pqr-1"]);
    assert.match(session.told.join(), /205 streams were deleted, with their media/);
  });

  it("get the retention that was asked for, also where somebody changes them meanwhile", async () => {
    await make(nameOf(1), 1);
    const change = await retentionChange(session.aws, place, 24, false);
    const { StreamInfo } = await kinesisVideo.send(new DescribeStreamCommand({ StreamName: nameOf(1) }));
    const elsewhere = { StreamName: nameOf(1), CurrentVersion: StreamInfo?.Version, DataRetentionChangeInHours: 2 };
    await kinesisVideo.send(new UpdateDataRetentionCommand({ ...elsewhere, Operation: "INCREASE_DATA_RETENTION" }));
    const code = "ResourceInUseException";
    localAws.control.addFault({ kind: "error", actions: [UPDATE], code, httpStatus: 400, times: 1 });
    await change.apply();
    assert.equal(await hoursOf(nameOf(1)), 24);
  });

  it("are not lowered by what others raised meanwhile, nor missed where they are gone", async () => {
    await make(nameOf(1), 1);
    const { StreamARN } = await make(nameOf(2), 1);
    const change = await retentionChange(session.aws, place, 24, false);
    const { StreamInfo } = await kinesisVideo.send(new DescribeStreamCommand({ StreamARN }));
    const raised = { StreamARN, CurrentVersion: StreamInfo?.Version, DataRetentionChangeInHours: 99 };
    await kinesisVideo.send(new UpdateDataRetentionCommand({ ...raised, Operation: "INCREASE_DATA_RETENTION" }));
    await assert.rejects(change.apply(), /was raised meanwhile, and lowering it is not allowed/);
    assert.equal(await hoursOf(nameOf(2)), 100);

    const again = await retentionChange(session.aws, place, 200, false);
    await deleteStreams(session.aws, place);
    await again.apply();
    assert.match(session.told.join(), /the retention of 0 of 2 existing streams/);
  });

  it("are deleted, though one is in use at first", async () => {
    await make(nameOf(1), 1);
    await make(nameOf(2), 1);
    localAws.control.addFault({
      kind: "error",
      actions: ["kinesisvideo:DeleteStream"],
      code: "ResourceInUseException",
      httpStatus: 400,
      times: 2,
    });
    await deleteStreams(session.aws, place);
    assert.deepEqual(await names(), []);
  });
});
