import assert from "node:assert/strict";
import {
  CreateVoiceConnectorCommand,
  CreateVoiceConnectorGroupCommand,
  DeleteVoiceConnectorCommand,
  DeleteVoiceConnectorGroupCommand,
  DeleteVoiceConnectorStreamingConfigurationCommand,
  GetVoiceConnectorCommand,
  GetVoiceConnectorGroupCommand,
  GetVoiceConnectorLoggingConfigurationCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
  ListAvailableVoiceConnectorRegionsCommand,
  ListTagsForResourceCommand,
  ListVoiceConnectorsCommand,
  PutVoiceConnectorLoggingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
  type StreamingConfiguration,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateVoiceConnectorCommand,
  UpdateVoiceConnectorGroupCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { type LocalAws, startLocalAws, voiceConnectorRegions } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";
import { ManualClock } from "./manual-clock.js";

describe("local-aws: Chime SDK Voice", () => {
  let aws: LocalAws;
  before(async () => {
    aws = await startLocalAws({ settings: { chimeCallsPerSecond: 0 } });
  });
  after(() => aws.close());

  const create = async (region = "us-east-1") => {
    const { chime } = clientsOf(aws, region);
    const created = await chime.send(new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: true }));
    return { chime, connector: created.VoiceConnector!, id: created.VoiceConnector!.VoiceConnectorId! };
  };

  it("a new connector has an id, a host name and an ARN in the region of the request", async () => {
    const { connector, id } = await create("eu-central-1");
    assert.match(id, /^[a-z0-9]{22}$/);
    assert.equal(connector.OutboundHostName, `${id}.voiceconnector.chime.aws`);
    assert.equal(connector.VoiceConnectorArn, `arn:aws:chime:eu-central-1:123456789012:vc/${id}`);
    assert.equal(connector.AwsRegion, "eu-central-1");
    assert.equal(connector.RequireEncryption, true);
    assert.ok(Math.abs(connector.CreatedTimestamp!.getTime() - Date.now()) < 60_000);
  });

  it("a connector is not found in another region", async () => {
    const { id } = await create("eu-central-1");
    for (const region of ["us-east-1", "eu-west-1"]) {
      const failure = await failureOf(
        clientsOf(aws, region).chime.send(new GetVoiceConnectorCommand({ VoiceConnectorId: id })),
      );
      assert.equal(failure.name, "NotFoundException");
      assert.equal(failure.$metadata.httpStatusCode, 404);
    }
  });

  it("AwsRegion makes the connector in that region", async () => {
    const { chime } = clientsOf(aws, "us-east-1");
    const created = await chime.send(
      new CreateVoiceConnectorCommand({ Name: "far", RequireEncryption: false, AwsRegion: "us-west-2" }),
    );
    const id = created.VoiceConnector!.VoiceConnectorId!;
    const found = await clientsOf(aws, "us-west-2").chime.send(new GetVoiceConnectorCommand({ VoiceConnectorId: id }));
    assert.equal(found.VoiceConnector!.Name, "far");
  });

  it("ten regions have connectors, others refuse", async () => {
    const { chime } = clientsOf(aws);
    const listed = await chime.send(new ListAvailableVoiceConnectorRegionsCommand({}));
    assert.deepEqual(listed.VoiceConnectorRegions, [...voiceConnectorRegions]);
    assert.equal(voiceConnectorRegions.length, 10);
    const failure = await failureOf(clientsOf(aws, "us-east-2").chime.send(new ListVoiceConnectorsCommand({})));
    assert.equal(failure.name, "ForbiddenException");
  });

  it("connectors are listed page by page", async () => {
    const region = "ap-northeast-2";
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await create(region)).id);
    const { chime } = clientsOf(aws, region);
    const found: string[] = [];
    let NextToken: string | undefined;
    let pages = 0;
    do {
      const page = await chime.send(new ListVoiceConnectorsCommand({ MaxResults: 2, NextToken }));
      found.push(...page.VoiceConnectors!.map((connector) => connector.VoiceConnectorId!));
      NextToken = page.NextToken;
      pages++;
    } while (NextToken && pages < 10);
    assert.deepEqual(found, ids);
    assert.equal(pages, 3);
  });

  it("update renames, delete forgets", async () => {
    const { chime, id } = await create();
    const VoiceConnectorId = id;
    await chime.send(new UpdateVoiceConnectorCommand({ VoiceConnectorId, Name: "new", RequireEncryption: false }));
    const found = await chime.send(new GetVoiceConnectorCommand({ VoiceConnectorId }));
    assert.equal(found.VoiceConnector!.Name, "new");
    assert.equal(found.VoiceConnector!.RequireEncryption, false);
    await chime.send(new DeleteVoiceConnectorCommand({ VoiceConnectorId }));
    assert.equal(
      (await failureOf(chime.send(new GetVoiceConnectorCommand({ VoiceConnectorId })))).name,
      "NotFoundException",
    );
  });

  it("a streaming configuration comes back as it was put", async () => {
    const { chime, id: VoiceConnectorId } = await create();
    const StreamingConfiguration: StreamingConfiguration = {
      DataRetentionInHours: 0,
      Disabled: true,
      StreamingNotificationTargets: [{ NotificationTarget: "SQS" }, { NotificationTarget: "EventBridge" }],
      MediaInsightsConfiguration: {
        Disabled: false,
        ConfigurationArn: "arn:aws:chime:us-east-1:123456789012:media-insights-pipeline-configuration/x",
      },
    };
    const put = await chime.send(
      new PutVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId, StreamingConfiguration }),
    );
    assert.deepEqual(put.StreamingConfiguration, StreamingConfiguration);
    const got = await chime.send(new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
    assert.deepEqual(got.StreamingConfiguration, StreamingConfiguration);
  });

  const wrong: [string, object][] = [
    ["no retention", { Disabled: false }],
    ["a negative retention", { DataRetentionInHours: -1, Disabled: false }],
    ["a fraction of an hour", { DataRetentionInHours: 1.5, Disabled: false }],
    ["no Disabled", { DataRetentionInHours: 1 }],
    ["an empty list of targets", { DataRetentionInHours: 1, Disabled: false, StreamingNotificationTargets: [] }],
    [
      "four targets",
      {
        DataRetentionInHours: 1,
        Disabled: false,
        StreamingNotificationTargets: Array(4).fill({ NotificationTarget: "SQS" }),
      },
    ],
    [
      "an unknown target",
      { DataRetentionInHours: 1, Disabled: false, StreamingNotificationTargets: [{ NotificationTarget: "Lambda" }] },
    ],
  ];
  for (const [what, configuration] of wrong) {
    it(`refuses ${what}, and keeps what was there`, async () => {
      const { chime, id: VoiceConnectorId } = await create();
      const before = { DataRetentionInHours: 7, Disabled: false };
      await chime.send(
        new PutVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId, StreamingConfiguration: before }),
      );
      const failure = await failureOf(
        chime.send(
          new PutVoiceConnectorStreamingConfigurationCommand({
            VoiceConnectorId,
            StreamingConfiguration: configuration as StreamingConfiguration,
          }),
        ),
      );
      assert.equal(failure.name, "BadRequestException");
      assert.equal(failure.$metadata.httpStatusCode, 400);
      const got = await chime.send(new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
      assert.deepEqual(got.StreamingConfiguration, before);
    });
  }

  it("a configuration that was never put is not found, or empty where that is set", async () => {
    const { chime, id: VoiceConnectorId } = await create();
    const get = () => chime.send(new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
    assert.equal((await failureOf(get())).name, "NotFoundException");
    aws.control.change({ missingStreamingConfiguration: "empty" });
    assert.equal((await get()).StreamingConfiguration, undefined);
    aws.control.change({ missingStreamingConfiguration: "notFound" });
  });

  it("a deleted configuration is gone", async () => {
    const { chime, id: VoiceConnectorId } = await create();
    const StreamingConfiguration = { DataRetentionInHours: 1, Disabled: false };
    await chime.send(new PutVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId, StreamingConfiguration }));
    await chime.send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
    const again = chime.send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
    assert.equal((await failureOf(again)).name, "NotFoundException");
  });

  it("logging is off until it is put", async () => {
    const { chime, id: VoiceConnectorId } = await create();
    const get = async () =>
      (await chime.send(new GetVoiceConnectorLoggingConfigurationCommand({ VoiceConnectorId }))).LoggingConfiguration;
    assert.deepEqual(await get(), { EnableSIPLogs: false, EnableMediaMetricLogs: false });
    const LoggingConfiguration = { EnableSIPLogs: true, EnableMediaMetricLogs: true };
    await chime.send(new PutVoiceConnectorLoggingConfigurationCommand({ VoiceConnectorId, LoggingConfiguration }));
    assert.deepEqual(await get(), LoggingConfiguration);
  });

  it("tags are added, replaced and removed", async () => {
    const { chime, connector } = await create();
    const ResourceARN = connector.VoiceConnectorArn!;
    const tags = async () => (await chime.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;
    await chime.send(
      new TagResourceCommand({
        ResourceARN,
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await chime.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "a", Value: "3" }] }));
    await chime.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["b"] }));
    assert.deepEqual(await tags(), [{ Key: "a", Value: "3" }]);
  });

  it("a connector in a group cannot be deleted, nor the group while it has one", async () => {
    const { chime, id: VoiceConnectorId } = await create();
    const created = await chime.send(
      new CreateVoiceConnectorGroupCommand({ Name: "group", VoiceConnectorItems: [{ VoiceConnectorId, Priority: 1 }] }),
    );
    const VoiceConnectorGroupId = created.VoiceConnectorGroup!.VoiceConnectorGroupId!;
    assert.equal(
      (await failureOf(chime.send(new DeleteVoiceConnectorCommand({ VoiceConnectorId })))).name,
      "ConflictException",
    );
    const tooEarly = chime.send(new DeleteVoiceConnectorGroupCommand({ VoiceConnectorGroupId }));
    assert.equal((await failureOf(tooEarly)).$metadata.httpStatusCode, 409);
    await chime.send(
      new UpdateVoiceConnectorGroupCommand({ VoiceConnectorGroupId, Name: "empty", VoiceConnectorItems: [] }),
    );
    await chime.send(new DeleteVoiceConnectorGroupCommand({ VoiceConnectorGroupId }));
    await chime.send(new DeleteVoiceConnectorCommand({ VoiceConnectorId }));
    const gone = chime.send(new GetVoiceConnectorGroupCommand({ VoiceConnectorGroupId }));
    assert.equal((await failureOf(gone)).name, "NotFoundException");
  });
});

describe("local-aws: Chime's quota", () => {
  it("is ten calls a second unless it is set, of each region on its own", async () => {
    const clock = new ManualClock();
    const aws = await startLocalAws({ clock });
    try {
      const list = (region: string) => clientsOf(aws, region).chime.send(new ListVoiceConnectorsCommand({}));
      for (let i = 0; i < 10; i++) await list("us-east-1");
      const error = await failureOf(list("us-east-1"));
      assert.equal(error.name, "ThrottledClientException");
      assert.equal(error.$metadata.httpStatusCode, 429);
      await list("eu-west-1");
      clock.advance(100);
      await list("us-east-1");
      aws.control.change({ chimeCallsPerSecond: 0 });
      for (let i = 0; i < 20; i++) await list("us-east-1");
    } finally {
      await aws.close();
    }
  });
});
