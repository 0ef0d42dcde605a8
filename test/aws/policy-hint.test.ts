import assert from "node:assert/strict";
import { type AllowStatement, allowStatement, policyHint } from "../../aws/policy-hint.js";

const who = "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized to perform:";
const role = "AWSServiceRoleForAmazonChimeVoiceConnector";
const rolePath = "aws-service-role/voiceconnector.chime.amazonaws.com";

describe("allowStatement", () => {
  const allow = (Action: string, Resource: string): AllowStatement => ({ Effect: "Allow", Action, Resource });

  it("takes action and resource from what AWS said, which may name another action than the call's", () => {
    const said = `${who} kinesisvideo:DescribeStream on resource: arn:aws:kinesisvideo:us-east-1:123456789012:stream/a/1 because no identity-based policy allows it`;
    assert.deepEqual(
      allowStatement({ action: "kinesisvideo:GetDataEndpoint", said }),
      allow("kinesisvideo:DescribeStream", "arn:aws:kinesisvideo:us-east-1:123456789012:stream/a/1"),
    );
  });

  it("names a role that IAM knows by its name alone so that any path fits", () => {
    const said = `${who} iam:GetRole on resource: role ${role} because no identity-based policy allows the iam:GetRole action`;
    assert.deepEqual(
      allowStatement({ action: "iam:GetRole", said, input: { RoleName: role } }),
      allow("iam:GetRole", `arn:aws:iam::123456789012:role/*${role}`),
    );
  });

  it("makes the resource of the call's input where AWS says none", () => {
    const cases: [string, object, string][] = [
      [
        "chime:DeleteVoiceConnectorStreamingConfiguration",
        { VoiceConnectorId: "abc" },
        "arn:aws:chime:eu-west-1:*:vc/abc",
      ],
      ["chime:TagResource", { ResourceARN: "arn:aws:chime:eu-west-1:1:vc/abc" }, "arn:aws:chime:eu-west-1:1:vc/abc"],
      ["chime:ListVoiceConnectors", { MaxResults: 99 }, "*"],
      ["kinesisvideo:DeleteStream", { StreamARN: "arn:x" }, "arn:x"],
      [
        "iam:CreateServiceLinkedRole",
        { AWSServiceName: "a.amazonaws.com" },
        "arn:aws:iam::*:role/aws-service-role/a.amazonaws.com/*",
      ],
      [
        "iam:GetServiceLinkedRoleDeletionStatus",
        { DeletionTaskId: `task/${rolePath}/${role}/0b1c` },
        `arn:aws:iam::*:role/${rolePath}/${role}`,
      ],
      ["sts:AssumeRole", { RoleArn: "arn:aws:iam::1:role/x" }, "arn:aws:iam::1:role/x"],
      ["sqs:SendMessage", { QueueUrl: "https://sqs/123456789012/calls" }, "arn:aws:sqs:eu-west-1:123456789012:calls"],
      ["s3:GetObject", { Bucket: "b", Key: "k/l" }, "arn:aws:s3:::b/k/l"],
    ];
    for (const [action, input, resource] of cases) {
      assert.deepEqual(
        allowStatement({ action, region: "eu-west-1", input, said: "Forbidden" }),
        allow(action, resource),
      );
    }
  });
});

describe("policyHint", () => {
  it("is a statement that can be copied", () => {
    const hint = policyHint({ action: "chime:ListVoiceConnectors", said: "no" });
    assert.equal(
      hint,
      'Allow the action chime:ListVoiceConnectors for these credentials: {"Effect":"Allow","Action":"chime:ListVoiceConnectors","Resource":"*"}',
    );
  });

  it("says that an explicit deny is in the way, where AWS says so", () => {
    const said = `${who} chime:ListVoiceConnectors with an explicit deny in a service control policy`;
    assert.match(
      policyHint({ action: "chime:ListVoiceConnectors", said }),
      /^a service control policy denies it explicitly/,
    );
  });
});
