import assert from "node:assert/strict";
import {
  ChimeSDKVoiceClient,
  CreateVoiceConnectorCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Cloud } from "../../demo/cloud.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { Example, type ExampleOptions } from "./example-project.js";

describe("the examples of streaming, each with no changes right after up", function () {
  this.timeout(120_000);
  let localAws: LocalAws;
  let cloud: Cloud;
  const open: Example[] = [];

  before(async () => {
    localAws = await startLocalAws();
    cloud = new Cloud(localAws.endpoint, localAws.env);
  });
  after(async () => {
    for (const example of open) await example.close();
    await localAws.close();
  });

  const connector = (region = "us-east-1") => localAws.control.createVoiceConnector(region).id;
  const retention = async (region: string, id: string) => (await cloud.streaming(region, id))?.DataRetentionInHours;

  /** Deploys it as its README says. */
  async function deployed(name: string, options: Omit<ExampleOptions, "env"> = {}): Promise<Example> {
    const config = { "aws:region": "us-east-1", ...options.config };
    const example = await Example.open(name, { ...options, config, env: localAws.env });
    open.push(example);
    await example.up();
    await example.expectNoChanges("--refresh");
    return example;
  }

  it("quick-start: one connector, and no role left behind", async () => {
    const id = connector();
    const example = await deployed("quick-start", { config: { connectors: [{ voiceConnectorId: id }] } });
    assert.equal(await retention("us-east-1", id), 24);
    await example.destroy();
    assert.equal(await cloud.streaming("us-east-1", id), undefined);
    assert.equal(await cloud.roleExists(), false);
  });

  it("fleet: a list, of which a line is taken out", async () => {
    const [newYork, chicago, frankfurt] = [connector(), connector(), connector("eu-central-1")];
    const lines = [
      { voiceConnectorId: newYork, region: "us-east-1", name: "new-york" },
      { voiceConnectorId: chicago, region: "us-east-1", name: "chicago", dataRetentionInHours: 72 },
      { voiceConnectorId: frankfurt, region: "eu-central-1", name: "frankfurt" },
    ];
    const example = await deployed("fleet", { files: { "connectors.json": JSON.stringify(lines) } });
    assert.equal(await retention("us-east-1", chicago), 72);
    assert.equal(await retention("eu-central-1", frankfurt), 24);
    await example.project.write("connectors.json", JSON.stringify(lines.slice(1).reverse()));
    assert.match(await example.up(), /- 1 deleted/);
    assert.equal(await cloud.streaming("us-east-1", newYork), undefined);
    assert.equal(await retention("us-east-1", chicago), 72);
  });

  it("adopt-existing: what a console set up is kept as previous, and given back", async () => {
    const id = connector();
    await cloud.putStreaming("us-east-1", id, {
      DataRetentionInHours: 7,
      Disabled: false,
      StreamingNotificationTargets: [{ NotificationTarget: "EventBridge" }],
    });
    const config = { voiceConnectorIds: [id], dataRetentionInHours: 24 };
    const example = await deployed("adopt-existing", { config });
    assert.equal(await retention("us-east-1", id), 24);
    const previous = { dataRetentionInHours: 7, disabled: false, notificationTargets: ["EventBridge"] };
    assert.deepEqual(await example.output("previous"), { [id]: previous });
    await example.destroy();
    assert.equal(await retention("us-east-1", id), 7);
  });

  it("multi-region: each connector in its own, without a region of the stack", async () => {
    const regions = { "us-east-1": [connector()], "eu-central-1": [connector("eu-central-1")] };
    await deployed("multi-region", { config: { "aws:region": undefined, regions } });
    assert.equal(await retention("us-east-1", regions["us-east-1"][0]!), 24);
    assert.equal(await retention("eu-central-1", regions["eu-central-1"][0]!), 6);
  });

  it("multi-account: each connector in its account, by that account's role", async () => {
    const accounts = await Promise.all(
      ["111111111111", "222222222222"].map(async (account, i) => {
        const roleArn = `arn:aws:iam::${account}:role/call-audio`;
        const chime = await chimeOf(roleArn);
        const create = new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: true });
        const id = (await chime.send(create)).VoiceConnector?.VoiceConnectorId ?? "";
        return { chime, id, name: `account-${i}`, roleArn, region: "us-east-1", voiceConnectorIds: [id] };
      }),
    );
    const config = { accounts: accounts.map(({ chime: _chime, id: _id, ...account }) => account) };
    const example = await deployed("multi-account", { config });
    for (const { chime, id } of accounts) {
      const get = new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: id });
      assert.equal((await chime.send(get)).StreamingConfiguration?.DataRetentionInHours, 24);
      assert.equal(await cloud.streaming("us-east-1", id), undefined, "not in the stack's own account");
    }
    const roles = (await example.output("roleArns")) as string[];
    assert.deepEqual(
      roles.map((arn) => arn.split(":")[4]),
      ["111111111111", "222222222222"],
    );
  });

  it("esm: a program that is an ES module", async () => {
    const id = connector();
    await deployed("esm", { config: { voiceConnectorId: id } });
    assert.equal(await retention("us-east-1", id), 24);
  });

  async function chimeOf(RoleArn: string): Promise<ChimeSDKVoiceClient> {
    const config = { region: "us-east-1", endpoint: localAws.endpoint };
    const own = { accessKeyId: "AKIATEST", secretAccessKey: "test" };
    const sts = new STSClient({ ...config, credentials: own });
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "test" }));
    return new ChimeSDKVoiceClient({
      ...config,
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken,
      },
    });
  }
});
