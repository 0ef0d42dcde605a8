import assert from "node:assert/strict";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { type AwsCli, AwsCliError, awsCli } from "../aws-cli.js";

const role = ["--role-name", "AWSServiceRoleForAmazonChimeVoiceConnector"];

describe("local-aws: who uses the service-linked role, as the AWS CLI sees it", function () {
  this.timeout(60_000);
  let localAws: LocalAws;
  let aws: AwsCli;

  before(async function () {
    this.timeout(180_000);
    localAws = await startLocalAws();
    aws = await awsCli(this, localAws.env);
  });
  after(() => localAws.close());

  it("the first SIP media application makes the role, is listed in its region, keeps the role in use, and goes", async () => {
    const region = ["--region", "eu-west-2"];
    const made = await aws(
      "chime-sdk-voice",
      "create-sip-media-application",
      "--aws-region",
      "eu-west-2",
      "--name",
      "ivr",
      "--endpoints",
      "LambdaArn=arn:aws:lambda:eu-west-2:123456789012:function:ivr",
      ...region,
    );
    const { SipMediaApplicationId: id, SipMediaApplicationArn: arn } = made.SipMediaApplication;
    const list = (of: string) => aws("chime-sdk-voice", "list-sip-media-applications", "--region", of);
    assert.equal((await list("eu-west-2")).SipMediaApplications[0].Name, "ivr");
    assert.deepEqual((await list("us-east-1")).SipMediaApplications, []);

    localAws.control.change({ roleDeletionPolls: 1 });
    const { DeletionTaskId } = await aws("iam", "delete-service-linked-role", ...role);
    const status = await aws("iam", "get-service-linked-role-deletion-status", "--deletion-task-id", DeletionTaskId);
    assert.equal(status.Status, "FAILED");
    assert.deepEqual(status.Reason.RoleUsageList, [{ Region: "eu-west-2", Resources: [arn] }]);
    await aws("chime-sdk-voice", "delete-sip-media-application", "--sip-media-application-id", id, ...region);
    assert.deepEqual((await list("eu-west-2")).SipMediaApplications, []);
  });

  it("the role takes tags, shows them and gives them back", async () => {
    await aws("iam", "tag-role", ...role, "--tags", "Key=a:b/c,Value=one", "Key=d,Value=two");
    await aws("iam", "tag-role", ...role, "--tags", "Key=d,Value=three");
    const tags = [
      { Key: "a:b/c", Value: "one" },
      { Key: "d", Value: "three" },
    ];
    assert.deepEqual((await aws("iam", "get-role", ...role)).Role.Tags, tags);
    await aws("iam", "untag-role", ...role, "--tag-keys", "d", "e");
    assert.deepEqual((await aws("iam", "list-role-tags", ...role)).Tags, tags.slice(0, 1));
    await assert.rejects(aws("iam", "tag-role", ...role, "--tags", "Key=no#hash,Value="), AwsCliError);
  });
});
