import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  ServiceLinkedRole,
  StreamingConfiguration,
  VoiceConnectorStreaming,
  type VoiceConnectorStreamingArgs,
} from "../../index.js";

const a = "abcdef1ghij2klmno3pqr4";
const b = "stuvwx5yzabc6defgh7ijk";

/** What a program registers. Mocks prove nothing about the engine or AWS: test/engine does. */
async function registered(args: unknown, preview = false, options?: pulumi.ComponentResourceOptions) {
  const resources: pulumi.runtime.MockResourceArgs[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        resources.push(resource);
        return { id: preview ? undefined : `${resource.name}-id`, state: resource.inputs };
      },
      call: () => ({}),
    },
    "project",
    "stack",
    preview,
  );
  const component = new VoiceConnectorStreaming("calls", args as VoiceConnectorStreamingArgs, options);
  await new Promise((resolve) => pulumi.all(component.connectors.map(({ streaming }) => streaming.urn)).apply(resolve));
  return { component, resources };
}

const resolved = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

async function faultsOf(args: unknown): Promise<string[]> {
  try {
    await registered(args);
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe("VoiceConnectorStreaming", () => {
  it("gives each connector the defaults, and its own arguments over them", async () => {
    const { resources } = await registered({
      dataRetentionInHours: 24,
      notificationTargets: ["SQS"],
      connectors: [{ voiceConnectorId: a }, { voiceConnectorId: b, region: "eu-west-1", dataRetentionInHours: 0 }],
    });
    const inputs = (name: string) => resources.find((resource) => resource.name === name)?.inputs;
    assert.equal(inputs(`calls-${a}`).dataRetentionInHours, 24);
    assert.deepEqual(inputs(`calls-${a}`).notificationTargets, ["SQS"]);
    assert.equal(inputs(`calls-${b}`).dataRetentionInHours, 0);
    assert.equal(inputs(`calls-${b}`).region, "eu-west-1");
    assert.equal(resources.filter(({ type }) => type.endsWith(":ServiceLinkedRole")).length, 1);
  });

  it("tells with all other faults of a connector that the program manages already, in the same region or one not told", async () => {
    const args = { dataRetentionInHours: 1, connectors: [{ voiceConnectorId: a, region: "eu-west-1" }] };
    await registered(args);
    const again = (connector: object) =>
      new VoiceConnectorStreaming("more", {
        ...args,
        connectors: [{ voiceConnectorId: "x" }, { voiceConnectorId: a, ...connector }],
      });
    const managed = new RegExp(
      `connectors\\[0\\]\\.voiceConnectorId must be.*\\n\\s+connectors\\[1\\]\\.voiceConnectorId is managed by "calls-${a}"`,
    );
    assert.throws(() => again({ region: "eu-west-1" }), managed);
    assert.throws(() => again({}), managed);
    // The next run of the program begins anew.
    await registered(args);
  });

  it("computes prefix and host name in the program, so that they are known at preview", async () => {
    const { component } = await registered({ dataRetentionInHours: 1, connectors: [{ voiceConnectorId: a }] }, true);
    const [connector] = component.connectors;
    assert.equal(await resolved(connector!.streamNamePrefix), `ChimeVoiceConnector-${a}-`);
    assert.equal(await resolved(connector!.outboundHostName), `${a}.voiceconnector.chime.aws`);
  });

  it("makes no role with serviceLinkedRole: false", async () => {
    const connectors = [{ voiceConnectorId: a }];
    const { component, resources } = await registered({
      dataRetentionInHours: 1,
      connectors,
      serviceLinkedRole: false,
    });
    assert.equal(component.serviceLinkedRoleArn, undefined);
    assert.ok(!resources.some(({ type }) => type.endsWith(":ServiceLinkedRole")));
  });

  it("takes ids that are Outputs under a name of their own", async () => {
    const connectors = [{ name: "office", voiceConnectorId: pulumi.output(a) }];
    const { resources } = await registered({ dataRetentionInHours: 1, connectors });
    assert.ok(resources.some(({ name }) => name === "calls-office"));
    assert.deepEqual(
      await faultsOf({ dataRetentionInHours: 1, connectors: [{ voiceConnectorId: pulumi.output(a) }] }),
      ["connectors[0].name is required where voiceConnectorId is an Output"],
    );
  });

  it("refuses a connector of another account than the role's, which would stream without a role", async () => {
    const assumeRole = { roleArn: "arn:aws:iam::999999999999:role/voice" };
    const connectors = [{ voiceConnectorId: a }, { voiceConnectorId: b, assumeRole }];
    const args = { dataRetentionInHours: 1, connectors };
    assert.match((await faultsOf(args)).join(), /^connectors\[1\]\.assumeRole is not that of the role/);
    assert.deepEqual(await faultsOf({ ...args, serviceLinkedRole: false }), []);
  });

  it("takes a connector's own null for not given", async () => {
    const connectors = [{ voiceConnectorId: a, disabled: null }];
    const { resources } = await registered({ dataRetentionInHours: 1, disabled: true, connectors });
    assert.equal(resources.find(({ name }) => name === `calls-${a}`)?.inputs.disabled, true);
  });

  it("says of Outputs in place of a connector or the role's arguments what they must be", async () => {
    const properties = (
      await faultsOf({
        dataRetentionInHours: 1,
        connectors: [pulumi.output({ voiceConnectorId: a })],
        serviceLinkedRole: pulumi.output(false),
      })
    ).map((line) => line.split(" ")[0]);
    assert.deepEqual(properties, ["connectors[0]", "serviceLinkedRole"]);
  });

  it("tells a default's fault once, and each connector's own", async () => {
    const faults = await faultsOf({
      dataRetentionInHours: -1,
      retention: 2,
      connectors: [{ voiceConnectorId: a }, { voiceConnectorId: b }, { voiceConnectorId: a, disabled: 1 }, "c"],
    });
    const properties = faults.map((line) => line.split(" ")[0]);
    assert.deepEqual(properties.sort(), [
      "connectors[2].disabled",
      "connectors[2].voiceConnectorId",
      "connectors[3]",
      "dataRetentionInHours",
      "retention",
    ]);
  });

  it("says what a connector lacks when neither it nor the defaults have it", async () => {
    const faults = await faultsOf({ connectors: [{ voiceConnectorId: a }, {}] });
    assert.deepEqual(
      faults.map((line) => line.split(" ")[0]),
      ["connectors[0].dataRetentionInHours", "connectors[1].voiceConnectorId", "connectors[1].dataRetentionInHours"],
    );
  });

  it("refuses arguments that are no arguments", async () => {
    assert.match((await faultsOf({ connectors: "all" }))[0] ?? "", /^connectors is required and must be a list/);
    assert.match((await faultsOf(undefined))[0] ?? "", /^args must be an object/);
  });

  it("refuses an explicit provider by name", async () => {
    const { component } = await registered({ connectors: [] }, false, { provider: undefined });
    assert.ok(component);
    const options = { providers: [] } as pulumi.ComponentResourceOptions;
    await assert.rejects(registered({ connectors: [] }, false, options), /The option "providers" cannot be honoured/);
  });
});

describe("resources", () => {
  it("have an Output for everything they declare, also where only what is required was given", async () => {
    await registered({ dataRetentionInHours: 1, connectors: [] });
    const streaming = new StreamingConfiguration("office", { voiceConnectorId: a, dataRetentionInHours: 1 });
    const role = new ServiceLinkedRole("role");
    const outputs = [
      streaming.region,
      streaming.disabled,
      streaming.notificationTargets,
      streaming.mediaInsights,
      streaming.onExisting,
      streaming.onDelete,
      streaming.profile,
      streaming.assumeRole,
      streaming.accountId,
      streaming.previous,
      role.onDelete,
      role.deletionTimeoutSeconds,
      role.profile,
      role.assumeRole,
      role.arn,
      role.roleName,
      role.createDate,
      role.adopted,
      role.accountId,
    ];
    assert.ok(outputs.every((output) => pulumi.Output.isInstance(output)));
  });

  it("have each default as an Output's value, and what was given instead", async () => {
    await registered({ dataRetentionInHours: 1, connectors: [] });
    const streaming = new StreamingConfiguration("desk", {
      voiceConnectorId: b,
      region: "eu-west-2",
      dataRetentionInHours: 1,
      disabled: pulumi.output(true),
      profile: "calls",
    });
    const { disabled, notificationTargets, onExisting, onDelete, allowRetentionDecrease, profile, assumeRole } =
      streaming;
    const values = pulumi.all([disabled, notificationTargets, onExisting, onDelete, allowRetentionDecrease, profile]);
    assert.deepEqual(await resolved(values), [true, ["EventBridge"], "adopt", "stop", false, "calls"]);
    assert.equal(await resolved(assumeRole), undefined);
  });
});
