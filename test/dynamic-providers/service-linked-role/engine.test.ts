import assert from "node:assert/strict";
import { type LocalAws, startLocalAws } from "../../../local-aws/index.js";
import { type AwsCli, AwsCliError, awsCli } from "../../aws-cli.js";
import { printed, projectFile, Stack } from "../../engine/stack.js";

const ROLE = "AWSServiceRoleForAmazonChimeVoiceConnector";

describe("ServiceLinkedRole of an account that several share, on the real engine", function () {
  this.timeout(120_000);
  let localAws: LocalAws;
  let aws: AwsCli;
  let calls: Stack;
  let sales: Stack;

  before(async function () {
    this.timeout(240_000);
    localAws = await startLocalAws();
    aws = await awsCli(this, localAws.env);
    calls = await Stack.open(localAws);
    sales = await Stack.open(localAws);
    await sales.project.write("Pulumi.yaml", projectFile.replace("calls", "sales"));
    const init = await sales.project.pulumi("stack", "init", "dev");
    assert.equal(init.exitCode, 0, printed(init));
  });
  after(async () => {
    await sales.project.dispose();
    await calls.close();
  });

  /** Asked of AWS by a client that this project did not write. */
  const roleExists = () =>
    aws("iam", "get-role", "--role-name", ROLE).then(
      () => true,
      (error) => {
        assert.ok(error instanceof AwsCliError && error.code === "NoSuchEntity", String(error));
        return false;
      },
    );
  const role = (name = "role") => ({ kind: "ServiceLinkedRole" as const, name, args: {} });
  const succeeds = async (...commands: ReturnType<Stack["up"]>[]) => {
    for (const result of await Promise.all(commands)) assert.equal(result.exitCode, 0, printed(result));
  };

  it("the stack that is destroyed first leaves it, and names the other one", async () => {
    await calls.describe(role());
    await sales.describe(role());
    await succeeds(calls.up(), sales.up());
    const destroy = await calls.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.match(
      printed(destroy),
      /warning: The role .* is kept: it is claimed by organization\/sales\/dev\/role \(tag /,
    );
    assert.ok(await roleExists());
  });

  it("of two that are destroyed at once neither fails, and it is gone", async () => {
    await succeeds(calls.up());
    await succeeds(calls.destroy(), sales.destroy());
    assert.equal(await roleExists(), false);
  });

  it("is there after its resource was renamed while nothing streams, and nothing is left to change", async () => {
    await calls.describe(role());
    await succeeds(calls.up());
    await calls.describe(role("call-role"));
    const rename = await calls.up();
    assert.match(printed(rename), /\+ 1 created[\s\S]*- 1 deleted/);
    assert.ok(await roleExists());
    await succeeds(calls.preview("--refresh", "--expect-no-changes"));
  });

  it("is kept for a SIP media application of another region, which the warning names, and goes after it", async () => {
    const region = ["--region", "ap-southeast-2"];
    const endpoint = ["--endpoints", "LambdaArn=arn:aws:lambda:ap-southeast-2:123456789012:function:ivr"];
    const create = ["create-sip-media-application", "--aws-region", "ap-southeast-2", "--name", "ivr", ...endpoint];
    const made = await aws("chime-sdk-voice", ...create, ...region);
    const id: string = made.SipMediaApplication.SipMediaApplicationId;
    const kept = await calls.destroy();
    assert.equal(kept.exitCode, 0, printed(kept));
    assert.match(printed(kept), new RegExp(`warning: .*SIP media applications.*: ap-southeast-2/${id}`));
    assert.ok(await roleExists());

    await aws("chime-sdk-voice", "delete-sip-media-application", "--sip-media-application-id", id, ...region);
    await calls.describe(role());
    await succeeds(calls.up());
    await succeeds(calls.destroy());
    assert.equal(await roleExists(), false);
  });
});
