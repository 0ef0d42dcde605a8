import assert from "node:assert/strict";
import {
  CreateVoiceConnectorCommand,
  DeleteVoiceConnectorStreamingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import {
  CreateServiceLinkedRoleCommand,
  DeleteServiceLinkedRoleCommand,
  GetRoleCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";
import { ManualClock } from "./manual-clock.js";

const RoleName = "AWSServiceRoleForAmazonChimeVoiceConnector";
const AWSServiceName = "voiceconnector.chime.amazonaws.com";

describe("local-aws: service-linked role", () => {
  let aws: LocalAws;
  let clock: ManualClock;
  let clients: ReturnType<typeof clientsOf>;
  beforeEach(async () => {
    clock = new ManualClock();
    aws = await startLocalAws({ clock });
    clients = clientsOf(aws);
  });
  afterEach(() => aws.close());

  const create = () => clients.iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName }));
  const get = () => clients.iam.send(new GetRoleCommand({ RoleName }));
  const startDeletion = async () =>
    (await clients.iam.send(new DeleteServiceLinkedRoleCommand({ RoleName }))).DeletionTaskId!;
  const status = (DeletionTaskId: string) =>
    clients.iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }));
  const stream = async (region: string) => {
    const { chime } = clientsOf(aws, region);
    const created = await chime.send(new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: true }));
    const VoiceConnectorId = created.VoiceConnector!.VoiceConnectorId!;
    await chime.send(
      new PutVoiceConnectorStreamingConfigurationCommand({
        VoiceConnectorId,
        StreamingConfiguration: { DataRetentionInHours: 1, Disabled: false },
      }),
    );
    const stop = () => chime.send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
    return { arn: created.VoiceConnector!.VoiceConnectorArn!, stop };
  };

  it("is created once and found without regard to case", async () => {
    const { Role } = await create();
    assert.equal(Role!.Arn, `arn:aws:iam::123456789012:role/aws-service-role/${AWSServiceName}/${RoleName}`);
    const found = await clients.iam.send(new GetRoleCommand({ RoleName: RoleName.toUpperCase() }));
    assert.equal(found.Role!.Arn, Role!.Arn);
    assert.match(
      decodeURIComponent(found.Role!.AssumeRolePolicyDocument!),
      /"Service":"voiceconnector.chime.amazonaws.com"/,
    );
    const again = await failureOf(create());
    assert.equal(again.name, "InvalidInputException");
    assert.match(again.message, /has been taken in this account, please try a different suffix/);
  });

  it("takes no suffix", async () => {
    const failure = await failureOf(
      clients.iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName, CustomSuffix: "x" })),
    );
    assert.equal(failure.message, `Custom suffix is not allowed for ${AWSServiceName}`);
  });

  it("is created by the first connector that streams, not by a disabled one", async () => {
    const { chime } = clients;
    const created = await chime.send(new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: true }));
    const VoiceConnectorId = created.VoiceConnector!.VoiceConnectorId!;
    const put = (Disabled: boolean) =>
      chime.send(
        new PutVoiceConnectorStreamingConfigurationCommand({
          VoiceConnectorId,
          StreamingConfiguration: { DataRetentionInHours: 1, Disabled },
        }),
      );
    await put(true);
    assert.equal((await failureOf(get())).name, "NoSuchEntityException");
    await put(false);
    assert.equal((await get()).Role!.RoleName, RoleName);
  });

  it("its description can be changed", async () => {
    await create();
    await clients.iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: "a < b & c" }));
    assert.equal((await get()).Role!.Description, "a < b & c");
  });

  it("is deleted in steps, and while a deletion is open a second one joins it", async () => {
    await create();
    const task = await startDeletion();
    assert.match(task, new RegExp(`^task/aws-service-role/${AWSServiceName}/${RoleName}/[0-9a-f-]{36}$`));
    assert.equal(await startDeletion(), task);
    assert.equal((await status(task)).Status, "NOT_STARTED");
    assert.equal((await status(task)).Status, "IN_PROGRESS");
    assert.equal((await get()).Role!.RoleName, RoleName);
    assert.equal((await status(task)).Status, "SUCCEEDED");
    const gone = await failureOf(get());
    assert.equal(gone.name, "NoSuchEntityException");
    assert.equal(gone.message, `The role with name ${RoleName} cannot be found.`);
    assert.equal((await status(task)).Status, "SUCCEEDED");
  });

  it("is deleted in time, too, if nobody asks", async () => {
    await create();
    await startDeletion();
    clock.advance(999);
    await get();
    clock.advance(1);
    assert.equal((await failureOf(get())).name, "NoSuchEntityException");
  });

  it("its deletion fails while connectors stream, and names them by region", async () => {
    const one = await stream("us-east-1");
    const two = await stream("eu-central-1");
    aws.control.change({ roleDeletionPolls: 1 });
    const failed = await status(await startDeletion());
    assert.equal(failed.Status, "FAILED");
    assert.ok(failed.Reason!.Reason);
    assert.deepEqual(failed.Reason!.RoleUsageList, [
      { Region: "us-east-1", Resources: [one.arn] },
      { Region: "eu-central-1", Resources: [two.arn] },
    ]);
    await one.stop();
    await two.stop();
    assert.equal((await status(await startDeletion())).Status, "SUCCEEDED");
  });

  it("a deletion fails if streaming starts while it is open", async () => {
    await create();
    const task = await startDeletion();
    await status(task);
    await stream("us-west-2");
    await status(task);
    assert.equal((await status(task)).Status, "FAILED");
    assert.equal((await get()).Role!.RoleName, RoleName);
  });

  it("unknown deletion tasks are not found, malformed ones invalid", async () => {
    const unknown = `task/aws-service-role/${AWSServiceName}/${RoleName}/11111111-2222-3333-4444-555555555555`;
    assert.equal((await failureOf(status(unknown))).name, "NoSuchEntityException");
    assert.equal((await failureOf(status("nonsense"))).name, "InvalidInputException");
  });

  it("finished deletions are forgotten in the end", async () => {
    aws.control.change({ roleDeletionPolls: 1 });
    await create();
    const first = await startDeletion();
    await status(first);
    for (let i = 0; i < 100; i++) {
      await create();
      await status(await startDeletion());
    }
    assert.equal((await failureOf(status(first))).name, "NoSuchEntityException");
  });

  it("reads see a new role late where that is asked for", async () => {
    aws.control.addFault({ kind: "rolePropagation", ms: 500, times: 1 });
    await create();
    assert.equal((await failureOf(get())).name, "NoSuchEntityException");
    assert.equal((await failureOf(create())).name, "InvalidInputException");
    clock.advance(500);
    assert.equal((await get()).Role!.RoleName, RoleName);
  });
});
