import assert from "node:assert/strict";
import type { ServiceLinkedRoleInputs } from "../../../dynamic-providers/service-linked-role/arguments.js";
import { check, create, diff, read, remove, update } from "../../../dynamic-providers/service-linked-role/lifecycle.js";
import { type LocalAws, startLocalAws } from "../../../local-aws/index.js";
import { TestSession } from "../session.js";

const inputs: ServiceLinkedRoleInputs = { onDelete: "deleteWhenUnused", deletionTimeoutSeconds: 60 };

describe("ServiceLinkedRole lifecycle", () => {
  let localAws: LocalAws;
  let session: TestSession;

  beforeEach(async () => {
    localAws = await startLocalAws();
    session = new TestSession(localAws);
  });
  afterEach(() => localAws.close());

  const roleExists = async () => (await read(session.aws, "id", { ...inputs })).id !== "";

  it("creates the role, and adopts it where it is there", async () => {
    const made = await create(session.aws, inputs);
    assert.match(made.id, /^arn:aws:iam::123456789012:role\/aws-service-role\/voiceconnector\.chime\.amazonaws\.com\//);
    assert.equal(made.outs?.adopted, false);
    assert.match(made.outs?.createDate, /^\d{4}-\d\d-\d\dT/);
    const again = await create(session.aws, inputs);
    assert.equal(again.id, made.id);
    assert.equal(again.outs?.adopted, true);
  });

  it("adopts the role that somebody else made between the look and the call", async () => {
    await create(session.aws, inputs);
    localAws.control.addFault({
      kind: "error",
      actions: ["iam:GetRole"],
      code: "NoSuchEntity",
      httpStatus: 404,
      times: 1,
    });
    const adopted = await create(session.aws, inputs);
    assert.equal(adopted.outs?.adopted, true);
  });

  it("takes no other InvalidInput for a role that is there", async () => {
    localAws.control.addFault({
      kind: "error",
      actions: ["iam:CreateServiceLinkedRole"],
      code: "InvalidInput",
      httpStatus: 400,
      message: "Custom suffix is not allowed for voiceconnector.chime.amazonaws.com",
    });
    await assert.rejects(create(session.aws, inputs), /iam:CreateServiceLinkedRole.*Custom suffix is not allowed/);
  });

  it("waits until a new role can be seen", async () => {
    localAws.control.addFault({ kind: "rolePropagation", ms: 200 });
    session.whilePausing = () => new Promise((resolve) => setTimeout(resolve, 120));
    const made = await create(session.aws, inputs);
    assert.ok(made.id.startsWith("arn:"));
    assert.ok(session.pausesMs.length >= 1);
  });

  it("is deleted when nothing streams, and the deletion is awaited", async () => {
    await create(session.aws, inputs);
    await remove(session.aws, "id", inputs);
    assert.equal(await roleExists(), false);
    await remove(session.aws, "id", inputs);
  });

  it("is kept while a connector of any region streams, with a word on which and without asking IAM to delete", async () => {
    await create(session.aws, inputs);
    const connector = await session.createConnector("ap-southeast-2");
    await session.putStreaming("ap-southeast-2", connector, 1);
    session.takeActions();
    await remove(session.aws, "id", inputs);
    assert.ok(await roleExists());
    assert.match(session.told.join(), new RegExp(`is kept, not deleted.*ap-southeast-2/${connector}`));
    assert.ok(!session.takeActions().includes("iam:DeleteServiceLinkedRole"));
  });

  it("is kept where a region could not be looked at, with the reason", async () => {
    await create(session.aws, inputs);
    localAws.control.addFault({ kind: "deny", actions: ["chime:ListVoiceConnectors"], region: "eu-west-1" });
    await remove(session.aws, "id", inputs);
    assert.ok(await roleExists());
    assert.match(
      session.told.join(),
      /Not known of eu-west-1: allow the action chime:ListVoiceConnectors: \{"Effect":"Allow",.*"Resource":"\*"\}/,
    );
  });

  it('fails with IAM\'s reason and the users when told to "delete" a role that is used', async () => {
    await create(session.aws, inputs);
    const connector = await session.createConnector("eu-west-2");
    await session.putStreaming("eu-west-2", connector, 1);
    await assert.rejects(
      remove(session.aws, "id", { ...inputs, onDelete: "delete" }),
      new RegExp(`did not delete the role .* within 60 s: .*Used by eu-west-2: .*${connector}`),
    );
    assert.ok(await roleExists());
  });

  it("is kept with IAM's reason when IAM calls a role used that no connector uses", async () => {
    await create(session.aws, inputs);
    const connector = await session.createConnector("eu-west-2");
    await session.putStreaming("eu-west-2", connector, 1);
    // Not seen by our look, as a user of another kind would not be.
    const get = "chime:GetVoiceConnectorStreamingConfiguration";
    localAws.control.addFault({ kind: "error", actions: [get], code: "NotFoundException", httpStatus: 404 });
    await remove(session.aws, "id", inputs);
    assert.ok(await roleExists());
    assert.match(session.told.join(), /is kept: IAM did not delete it within 60 s\. .*Used by eu-west-2/);
  });

  it("tries again while IAM still calls a released role used", async () => {
    await create(session.aws, inputs);
    const connector = await session.createConnector("eu-west-2");
    await session.putStreaming("eu-west-2", connector, 1);
    let pauses = 0;
    session.whilePausing = async () => {
      // Streaming stops elsewhere after IAM has refused the first time.
      if (++pauses === 6) await session.stopStreaming("eu-west-2", connector);
    };
    await remove(session.aws, "id", { ...inputs, onDelete: "delete" });
    assert.equal(await roleExists(), false);
  });

  it("asks for the role itself when IAM has forgotten the task", async () => {
    await create(session.aws, inputs);
    localAws.control.addFault({
      kind: "error",
      actions: ["iam:GetServiceLinkedRoleDeletionStatus"],
      code: "NoSuchEntity",
      httpStatus: 404,
      times: 1,
    });
    await remove(session.aws, "id", inputs);
    assert.equal(await roleExists(), false);
  });

  it("gives up on a deletion that never ends when the time is over", async () => {
    localAws.control.change({ roleDeletionPolls: 10_000, roleDeletionMs: 10_000_000 });
    await create(session.aws, inputs);
    await assert.rejects(
      remove(session.aws, "id", inputs),
      /was still deleting the role .* after 60 s\. Destroy again, or raise deletionTimeoutSeconds/,
    );
  });

  it('leaves the role alone with "retain"', async () => {
    await create(session.aws, inputs);
    session.takeActions();
    await remove(session.aws, "id", { ...inputs, onDelete: "retain" });
    assert.deepEqual(session.takeActions(), []);
  });

  it("records a change of an argument without a call", async () => {
    const { outs } = await create(session.aws, inputs);
    const news = { ...inputs, onDelete: "retain" as const };
    assert.equal(diff("id", outs, news).changes, true);
    assert.equal(diff("id", outs, { ...inputs }).changes, false);
    session.takeActions();
    const updated = await update(session.aws, "id", outs, news);
    assert.deepEqual(updated.outs, { ...outs, onDelete: "retain" });
    assert.deepEqual(session.takeActions(), []);
  });

  it("is not updated with another account's credentials", async () => {
    const { outs } = await create(session.aws, inputs);
    const assumeRole = { roleArn: "arn:aws:iam::999999999999:role/voice" };
    await assert.rejects(update(session.aws, "id", outs, { ...inputs, assumeRole }), /is in account 123456789012/);
  });

  it("reports all faults of its arguments and fills in the defaults", async () => {
    const { failures } = await check(session.aws, {}, { onDelete: "x", deletionTimeoutSeconds: 0, name: "y" });
    assert.deepEqual(failures?.map(({ property }) => property).sort(), ["deletionTimeoutSeconds", "name", "onDelete"]);
    const { inputs: filled } = await check(session.aws, {}, {});
    assert.deepEqual(filled, { onDelete: "deleteWhenUnused", deletionTimeoutSeconds: 300 });
  });

  it("is not taken for gone under another account's credentials", async () => {
    await assert.rejects(
      read(session.aws, "id", { ...inputs, accountId: "999999999999" }),
      /are of AWS account 123456789012, but .* is in account 999999999999. Nothing was read or changed/,
    );
  });

  it("tries at longer and longer pauses while IAM calls the role used, up to the end of the time", async () => {
    await create(session.aws, inputs);
    const connector = await session.createConnector("eu-west-2");
    await session.putStreaming("eu-west-2", connector, 1);
    session.takeActions();
    await assert.rejects(
      remove(session.aws, "id", { ...inputs, deletionTimeoutSeconds: 200, onDelete: "delete" }),
      /Used by/,
    );
    const rounds = session.takeActions().filter((action) => action === "iam:DeleteServiceLinkedRole").length;
    assert.ok(rounds >= 5 && rounds <= 9, `${rounds} rounds in 200 s`);
    const total = session.pausesMs.reduce((sum, ms) => sum + ms, 0);
    assert.ok(total >= 200_000 && total < 206_000, `${total} ms`);
  });

  it("begins anew where IAM has forgotten the task and the role is still there", async () => {
    await create(session.aws, inputs);
    localAws.control.change({ roleDeletionPolls: 3, roleDeletionMs: 10_000_000 });
    localAws.control.addFault({
      kind: "error",
      actions: ["iam:GetServiceLinkedRoleDeletionStatus"],
      code: "NoSuchEntity",
      httpStatus: 404,
      times: 1,
    });
    session.takeActions();
    await remove(session.aws, "id", inputs);
    assert.equal(await roleExists(), false);
    const asked = session.takeActions().filter((action) => action === "iam:DeleteServiceLinkedRole");
    assert.equal(asked.length, 2);
  });

  it("is kept while a SIP media application of any region is there, which is named", async () => {
    await create(session.aws, inputs);
    const application = await session.createSipMediaApplication("ap-northeast-1");
    session.takeActions();
    await remove(session.aws, "id", inputs);
    assert.ok(await roleExists());
    assert.match(session.told.join(), new RegExp(`SIP media applications.*: ap-northeast-1/${application}\\.`));
    assert.ok(!session.takeActions().includes("iam:DeleteServiceLinkedRole"));
  });

  it("is kept where SIP media applications may not be listed, and where a region cannot be reached at all", async () => {
    await create(session.aws, inputs);
    localAws.control.addFault({ kind: "deny", actions: ["chime:ListSipMediaApplications"] });
    localAws.control.addFault({
      kind: "error",
      actions: ["chime:ListVoiceConnectors"],
      region: "eu-west-1",
      code: "UnrecognizedClientException",
      httpStatus: 403,
      message: "The security token included in the request is invalid",
    });
    await remove(session.aws, "id", inputs);
    assert.ok(await roleExists());
    const told = session.told.join();
    assert.match(told, /Not known of ap-northeast-1, .*us-west-2: allow the action chime:ListSipMediaApplications/);
    assert.match(told, /Not known of eu-west-1: .*did not accept the credentials/);
  });

  it("looks at every page of connectors and of SIP media applications", async () => {
    await create(session.aws, inputs);
    for (let i = 0; i < 100; i++) localAws.control.createVoiceConnector("us-west-2");
    const last = localAws.control.createVoiceConnector("us-west-2").id;
    await session.putStreaming("us-west-2", last, 1);
    for (let i = 0; i < 101; i++) await session.createSipMediaApplication("us-west-2");
    await remove(session.aws, "id", inputs);
    assert.match(session.told.join(), new RegExp(`us-west-2/${last}`));
    assert.match(session.told.join(), /SIP media applications.* and 81 more\./);
  });

  it("keeps the description that IAM has, and follows it", async () => {
    const made = await create(session.aws, inputs);
    assert.equal(made.outs?.description, undefined);
    await session.describeRole("Streams calls");
    assert.equal((await read(session.aws, made.id, made.outs)).props?.description, "Streams calls");
    assert.equal((await create(session.aws, inputs)).outs?.description, "Streams calls");
  });
});

describe("ServiceLinkedRole claims", () => {
  let localAws: LocalAws;
  let session: TestSession;
  const ofStack = (stack: string, name = "role") => ({
    ...inputs,
    __owner: { stack: `organization/calls/${stack}`, name },
  });

  beforeEach(async () => {
    localAws = await startLocalAws();
    session = new TestSession(localAws);
  });
  afterEach(() => localAws.close());

  const roleExists = () => localAws.control.state().serviceLinkedRoles.length > 0;

  for (const [first, second] of [
    ["prod", "test"],
    ["test", "prod"],
  ] as const) {
    it(`of two stacks the last removes the role: ${first}, then ${second}`, async () => {
      const states = {
        prod: await create(session.aws, ofStack("prod")),
        test: await create(session.aws, ofStack("test")),
      };
      await remove(session.aws, "id", states[first].outs);
      assert.ok(roleExists());
      assert.match(session.told.join(), new RegExp(`is claimed by organization/calls/${second}/role \\(tag .*\\)`));
      await remove(session.aws, "id", states[second].outs);
      assert.equal(roleExists(), false);
    });
  }

  it("of two stacks that go at once neither fails, and the role goes", async () => {
    const states = [await create(session.aws, ofStack("prod")), await create(session.aws, ofStack("test"))];
    const other = new TestSession(localAws);
    await Promise.all([remove(session.aws, "id", states[0]!.outs), remove(other.aws, "id", states[1]!.outs)]);
    assert.equal(roleExists(), false);
  });

  it("a rename, the new resource first, leaves the role there", async () => {
    const old = await create(session.aws, ofStack("prod", "role"));
    const renamed = await create(session.aws, ofStack("prod", "call-role"));
    await remove(session.aws, "id", old.outs);
    assert.ok(roleExists());
    await remove(session.aws, "id", renamed.outs);
    assert.equal(roleExists(), false);
  });

  it("a replacement of the same name, the new one first, leaves the role there", async () => {
    const old = await create(session.aws, ofStack("prod"));
    const replacement = await create(session.aws, ofStack("prod"));
    await remove(session.aws, "id", { ...old.outs, onDelete: "delete" });
    assert.ok(roleExists());
    await remove(session.aws, "id", replacement.outs);
    assert.equal(roleExists(), false);
  });

  it("a create that was cut off leaves no claim that nobody takes off", async () => {
    await create(session.aws, ofStack("prod"));
    const again = await create(session.aws, ofStack("prod"));
    await remove(session.aws, "id", again.outs);
    assert.equal(roleExists(), false);
  });

  it("without permission to tag it works, and says what is not protected", async () => {
    localAws.control.addFault({ kind: "deny", actions: ["iam:TagRole", "iam:UntagRole"] });
    const made = await create(session.aws, ofStack("prod"));
    assert.equal(made.outs?.claim, undefined);
    assert.match(session.told.join(), /was not tagged: another stack that shares it.*"Action":"iam:TagRole"/);
    await remove(session.aws, "id", made.outs);
    assert.equal(roleExists(), false);
  });

  it("where the tag may not be taken off any more the role is judged by the other claims", async () => {
    const made = await create(session.aws, ofStack("prod"));
    localAws.control.addFault({ kind: "deny", actions: ["iam:UntagRole"] });
    await remove(session.aws, "id", made.outs);
    assert.match(
      session.told.join(),
      /The tag pulumi-chime-voice-streaming:[0-9a-f]{16} .* was not removed.*iam:UntagRole/,
    );
    assert.equal(roleExists(), false);
  });

  it("a resource that is recorded without a claim takes its own at the next update", async () => {
    const fault = { code: "ConcurrentModification", httpStatus: 409, message: "Try again" };
    localAws.control.addFault({ kind: "error", actions: ["iam:TagRole"], ...fault });
    const failed = await create(session.aws, ofStack("prod")).then(
      () => assert.fail("IAM failed"),
      (error: { id: string; properties: ServiceLinkedRoleInputs; reasons: string[] }) => error,
    );
    assert.match(failed.id, /^arn:aws:iam::123456789012:role\//);
    assert.match(failed.reasons.join(), /iam:TagRole in us-east-1 failed/);
    localAws.control.clearFaults();
    const updated = await update(session.aws, failed.id, failed.properties, ofStack("prod"));
    assert.equal(localAws.control.state().serviceLinkedRoles[0]?.tags.has(updated.outs?.claim.tag), true);
  });

  it("a name that IAM takes in no tag is written with what it takes", async () => {
    await create(session.aws, ofStack("prod", "rôle (calls) #1"));
    const [role] = localAws.control.state().serviceLinkedRoles;
    assert.match([...(role?.tags.values() ?? [])].join(), / organization\/calls\/prod\/rôle _calls_ _1$/);
  });
});
