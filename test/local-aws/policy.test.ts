import assert from "node:assert/strict";
import { ListTagsForResourceCommand, ListVoiceConnectorsCommand } from "@aws-sdk/client-chime-sdk-voice";
import { CreateServiceLinkedRoleCommand, GetRoleCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { startLocalAws } from "../../local-aws/index.js";
import { allows, type Policy, type PolicyQuestion } from "../../local-aws/policy.js";
import { clientsOf, failureOf } from "./clients.js";

const policy = (...Statement: Policy["Statement"]): Policy => ({ Version: "2012-10-17", Statement });
const connector = "arn:aws:chime:eu-west-1:123456789012:vc/abc";
const tag: PolicyQuestion = {
  action: "chime:TagResource",
  resource: connector,
  context: { "aws:RequestedRegion": "eu-west-1" },
};

describe("local-aws: a policy", () => {
  const allow = (
    Action: string | string[],
    Resource: string | string[],
    Condition?: Policy["Statement"][0]["Condition"],
  ) => policy({ Effect: "Allow", Action, Resource, ...(Condition && { Condition }) });

  const cases: [string, Policy, boolean][] = [
    ["the action and resource themselves", allow("chime:TagResource", connector), true],
    ["the action in other letter case", allow("CHIME:tagresource", connector), true],
    ["the resource in other letter case", allow("chime:TagResource", connector.toUpperCase()), false],
    ["another action of a list", allow(["chime:A", "chime:Tag*"], ["x", "arn:aws:chime:*:*:vc/*"]), true],
    ["one character by a question mark", allow("chime:TagResourc?", "arn:aws:chime:*:*:vc/ab?"), true],
    ["a pattern that is longer", allow("chime:TagResource?", "*"), false],
    ["a point is no wildcard", allow("chime:TagResource", connector.replace("abc", "a.c")), false],
    ["another resource", allow("chime:TagResource", "arn:aws:chime:*:*:vcg/*"), false],
    ["a condition that holds", allow("*", "*", { StringEquals: { "aws:RequestedRegion": ["a", "eu-west-1"] } }), true],
    ["one that does not", allow("*", "*", { StringEquals: { "aws:RequestedRegion": "eu-*" } }), false],
    ["with StringLike it does", allow("*", "*", { StringLike: { "aws:RequestedRegion": "eu-*" } }), true],
    ["a key that the call does not have", allow("*", "*", { StringLike: { "iam:AWSServiceName": "*" } }), false],
    [
      "a denial outweighs",
      policy({ Effect: "Allow", Action: "*", Resource: "*" }, { Effect: "Deny", Action: "chime:Tag*", Resource: "*" }),
      false,
    ],
  ];
  for (const [title, document, expected] of cases) {
    it(`${expected ? "allows" : "does not allow"}: ${title}`, () => assert.equal(allows(document, tag), expected));
  }

  it("is enforced on every call of a credential, and on no other's", async () => {
    const localAws = await startLocalAws();
    try {
      const key = "AKIATEST000000000000";
      const role = "arn:aws:iam::123456789012:role/aws-service-role/voiceconnector.chime.amazonaws.com/*";
      const Condition = { StringEquals: { "iam:AWSServiceName": "voiceconnector.chime.amazonaws.com" } };
      const arn = localAws.control.createVoiceConnector("us-east-1").arn;
      localAws.control.addFault({
        kind: "policy",
        accessKeyId: key,
        document: policy(
          { Effect: "Allow", Action: "iam:CreateServiceLinkedRole", Resource: role, Condition },
          { Effect: "Allow", Action: "iam:GetRole", Resource: role },
          { Effect: "Allow", Action: "chime:ListTagsForResource", Resource: arn },
        ),
      });
      const { iam, chime, sts } = clientsOf(localAws);
      const RoleName = "AWSServiceRoleForAmazonChimeVoiceConnector";

      // Not there yet, the role has no path that the policy could name.
      const early = await failureOf(iam.send(new GetRoleCommand({ RoleName })));
      assert.match(early.message, /iam:GetRole on resource: role AWSServiceRoleForAmazonChimeVoiceConnector$/);
      await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "voiceconnector.chime.amazonaws.com" }));
      await iam.send(new GetRoleCommand({ RoleName }));
      const other = new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" });
      assert.match((await failureOf(iam.send(other))).name, /AccessDenied/);

      await chime.send(new ListTagsForResourceCommand({ ResourceARN: arn }));
      const list = new ListVoiceConnectorsCommand({});
      assert.match((await failureOf(chime.send(list))).message, /chime:ListVoiceConnectors on resource: \*$/);
      // It needs no permission.
      await sts.send(new GetCallerIdentityCommand({}));
      localAws.control.clearFaults();
      await chime.send(list);
    } finally {
      await localAws.close();
    }
  });
});
