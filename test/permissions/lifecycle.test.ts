import assert from "node:assert/strict";
import { CreateStreamCommand } from "@aws-sdk/client-kinesis-video";
import type { ServiceLinkedRoleInputs } from "../../dynamic-providers/service-linked-role/arguments.js";
import * as role from "../../dynamic-providers/service-linked-role/lifecycle.js";
import type { StreamingConfigurationInputs } from "../../dynamic-providers/streaming-configuration/arguments.js";
import * as streaming from "../../dynamic-providers/streaming-configuration/lifecycle.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import type { Policy } from "../../local-aws/policy.js";
import { TestSession } from "../dynamic-providers/session.js";
import { clientsOf } from "../local-aws/clients.js";
import { actionsOf, documentedPolicy, together, without } from "./policies.js";

const OWNER = { stack: "organization/calls/dev", name: "calls" };
const ROLE_INPUTS: ServiceLinkedRoleInputs = {
  onDelete: "deleteWhenUnused",
  deletionTimeoutSeconds: 60,
  __owner: OWNER,
};

/** A stack of a role and two connectors, one of which had a configuration before, in an AWS that enforces a policy. */
class Deployment {
  roleState: role.ServiceLinkedRoleState = ROLE_INPUTS;
  states: streaming.StreamingConfigurationState[] = [];

  private constructor(
    readonly aws: LocalAws,
    readonly session: TestSession,
    private readonly connectors: StreamingConfigurationInputs[],
  ) {}

  static async open(args: Partial<StreamingConfigurationInputs> = {}): Promise<Deployment> {
    const aws = await startLocalAws();
    const { endpoint } = aws;
    const endpoints = { chimesdkvoice: endpoint, iam: endpoint, sts: endpoint, kinesisvideo: endpoint };
    const session = new TestSession(aws, { "aws:endpoints": JSON.stringify([endpoints]) });
    const inputs = (voiceConnectorId: string): StreamingConfigurationInputs => ({
      voiceConnectorId,
      region: "us-east-1",
      dataRetentionInHours: 24,
      disabled: false,
      notificationTargets: ["EventBridge"],
      onExisting: "adopt",
      onDelete: "restore",
      owner: OWNER,
      ...args,
    });
    const [fresh, configured] = [await session.createConnector(), await session.createConnector()];
    await session.putStreaming("us-east-1", configured, 3, true);
    return new Deployment(aws, session, [inputs(fresh), inputs(configured)]);
  }

  enforce(document: Policy): void {
    const { control } = this.aws;
    for (const { id, fault } of control.faults()) if (fault.kind === "policy") control.clearFaults(id);
    control.addFault({ kind: "policy", accessKeyId: "AKIATEST", document });
  }

  async deploy(): Promise<void> {
    const { aws } = this.session;
    this.roleState = (await role.create(aws, ROLE_INPUTS)).outs;
    this.states = [];
    for (const inputs of this.connectors) this.states.push((await streaming.create(aws, inputs)).outs);
    const [first] = this.states;
    const news = { ...this.connectors[0]!, disabled: true };
    this.states[0] = (await streaming.update(aws, "id", first!, news)).outs;
  }

  async read(): Promise<void> {
    const { aws } = this.session;
    assert.notEqual((await role.read(aws, "id", this.roleState)).id, "");
    for (const state of this.states) assert.notEqual((await streaming.read(aws, "id", state)).id, "");
  }

  async destroy(): Promise<void> {
    const { aws } = this.session;
    for (const state of this.states) await streaming.remove(aws, "id", state);
    // What was restored would keep the role.
    const [, configured] = this.connectors;
    if (configured!.onDelete === "restore") await this.session.stopStreaming("us-east-1", configured!.voiceConnectorId);
    await role.remove(aws, "id", this.roleState);
  }

  /** Something that Chime finds wrong with a configuration, after its connector was marked. */
  refuseNextPut(): void {
    const actions = ["chime:PutVoiceConnectorStreamingConfiguration"];
    this.aws.control.addFault({ kind: "error", actions, code: "BadRequestException", httpStatus: 400, times: 1 });
  }

  /** One that Chime made for a call before, and that is changed by somebody else while its retention is set. */
  async createStream(): Promise<void> {
    const { kinesisVideo } = clientsOf(this.aws);
    const StreamName = `ChimeVoiceConnector-${this.connectors[0]!.voiceConnectorId}-1`;
    await kinesisVideo.send(new CreateStreamCommand({ StreamName, DataRetentionInHours: 2 }));
    this.aws.control.addFault({
      kind: "error",
      actions: ["kinesisvideo:UpdateDataRetention"],
      code: "VersionMismatchException",
      httpStatus: 400,
      times: 1,
    });
  }

  get hasRole(): boolean {
    return this.aws.control.state().serviceLinkedRoles.length > 0;
  }
}

const deploying = documentedPolicy("Deploy");
const previewing = documentedPolicy("Preview and drift");
const destroying = documentedPolicy("Destroy");
const streams = documentedPolicy("Existing streams");

/** Everything that a step said in the end: why it failed, and what it warned of. */
async function outcomeOf(session: TestSession, step: () => Promise<void>): Promise<{ failed: boolean; text: string }> {
  session.told.length = 0;
  const failure = await step().then(
    () => undefined,
    (error: Error) => error,
  );
  return { failed: failure !== undefined, text: [...session.told, failure?.message ?? ""].join("\n") };
}

function statementIn(text: string): Policy["Statement"][0] {
  const [json] = /\{"Effect":"Allow","Action":"[^"]+","Resource":"[^"]+"\}/.exec(text) ?? [];
  assert.ok(json, text);
  return JSON.parse(json);
}

describe("the documented policies", () => {
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await Deployment.open();
  });
  afterEach(() => deployment.aws.close());

  const nothingSaid = (outcome: { failed: boolean; text: string }) =>
    assert.deepEqual(outcome, { failed: false, text: "" });
  const isDenied = () => deployment.aws.control.calls().some(({ status }) => status === 403);

  it("are enough, each for its step, with nothing denied and nothing to be said", async () => {
    const { session } = deployment;
    deployment.enforce(deploying);
    nothingSaid(await outcomeOf(session, () => deployment.deploy()));
    deployment.enforce(previewing);
    nothingSaid(await outcomeOf(session, () => deployment.read()));
    deployment.enforce(destroying);
    nothingSaid(await outcomeOf(session, () => deployment.destroy()));
    assert.equal(deployment.hasRole, false);
    assert.equal(isDenied(), false);
  });

  /** Without these it works all the same, and says what is missing. */
  const spared = [
    "chime:ListTagsForResource",
    "chime:TagResource",
    "chime:UntagResource",
    "iam:TagRole",
    "iam:UntagRole",
    "chime:ListVoiceConnectors",
    "chime:ListSipMediaApplications",
  ];

  for (const action of actionsOf(deploying)) {
    it(`to deploy, ${action} is needed, and the message has the statement that was missing`, async () => {
      deployment.enforce(without(deploying, action));
      if (action === "chime:UntagResource") deployment.refuseNextPut();
      const denied = await outcomeOf(deployment.session, () => deployment.deploy());
      assert.equal(denied.failed, action === "chime:UntagResource" || !spared.includes(action), denied.text);
      const statement = statementIn(denied.text);
      assert.equal(statement.Action, action);

      const again = await Deployment.open();
      try {
        const needed = {
          ...statement,
          Resource: [statement.Resource].flat().map((arn) => arn.replace(/vc\/.*/, "vc/*")),
        };
        again.enforce(together(without(deploying, action), { Version: "2012-10-17", Statement: [needed] }));
        nothingSaid(await outcomeOf(again.session, () => again.deploy()));
      } finally {
        await again.aws.close();
      }
    });
  }

  for (const action of actionsOf(previewing)) {
    it(`to preview, ${action} is needed`, async () => {
      await deployment.deploy();
      // Another stack takes a connector over, which only its tags show.
      const other = { ...OWNER, stack: "organization/calls/other" };
      const [, configured] = deployment.states;
      const marks = { ...configured!, ownershipNonce: "another" };
      deployment.enforce(without(previewing, action));
      const denied = await outcomeOf(deployment.session, async () => {
        await deployment.read();
        const { props } = await streaming.read(deployment.session.aws, "id", { ...marks, owner: other });
        assert.equal(props?.owner?.stack, OWNER.stack, "the mark on the connector was not seen");
      });
      assert.ok(denied.failed, denied.text);
      const isTags = action === "chime:ListTagsForResource";
      assert.match(
        denied.text,
        isTags ? /the mark on the connector was not seen/ : new RegExp(`Allow the action ${action} `),
      );
    });
  }

  for (const action of actionsOf(destroying)) {
    it(`to destroy, ${action} is needed`, async () => {
      await deployment.deploy();
      deployment.enforce(without(destroying, action));
      const denied = await outcomeOf(deployment.session, () => deployment.destroy());
      assert.match(denied.text, new RegExp(`[Aa]llow the action ${action}\\b`));
      const isKept = /^chime:(List(Voice|Sip)|Get)/.test(action);
      assert.equal(denied.failed, !spared.includes(action) && !isKept, denied.text);
      assert.equal(deployment.hasRole, denied.failed || isKept);
    });
  }
});

describe("the documented policy for existing streams", () => {
  const policy = together(deploying, destroying, streams);

  async function withStreams(run: (deployment: Deployment) => Promise<void>): Promise<void> {
    const deployment = await Deployment.open({
      applyRetentionToExistingStreams: true,
      deleteStreamsOnDestroy: true,
      onDelete: "stop",
    });
    try {
      await run(deployment);
    } finally {
      await deployment.aws.close();
    }
  }

  for (const missing of [undefined, ...actionsOf(streams)]) {
    it(missing ? `has ${missing} for a reason` : "is enough", () =>
      withStreams(async (deployment) => {
        await deployment.createStream();
        deployment.enforce(missing ? without(policy, missing) : policy);
        const outcome = await outcomeOf(deployment.session, async () => {
          await deployment.deploy();
          await deployment.destroy();
        });
        assert.equal(outcome.failed, missing !== undefined, outcome.text);
        if (!missing) assert.deepEqual(deployment.aws.control.state().streams, []);
        else assert.match(outcome.text, new RegExp(`Allow the action ${missing} `));
      }),
    );
  }
});
