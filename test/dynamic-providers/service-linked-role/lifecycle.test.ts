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
    assert.match(session.told.join(), /Not known of eu-west-1: allow the action chime:ListVoiceConnectors\./);
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
});
