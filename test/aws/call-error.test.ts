import assert from "node:assert/strict";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AwsCallError, type AwsCallErrorKind, namedErrors, toAwsCallError } from "../../aws/call-error.js";
import { startLocalAws } from "../../local-aws/index.js";

describe("toAwsCallError", () => {
  const kindOf = (error: object) => toAwsCallError(error, "chime:Get").kind;

  it("tells what a user can act on apart", () => {
    const cases: [object, AwsCallErrorKind][] = [
      [{ name: "ForbiddenException" }, "accessDenied"],
      [{ name: "Unheard", $metadata: { httpStatusCode: 403 } }, "accessDenied"],
      [{ name: "CredentialsProviderError" }, "noCredentials"],
      [{ name: "ExpiredTokenException", $metadata: { httpStatusCode: 403 } }, "badCredentials"],
      [{ name: "Error", code: "ECONNREFUSED" }, "unreachable"],
      [{ name: "AggregateError", errors: [{ code: "ECONNREFUSED" }] }, "unreachable"],
      [{ name: "TimeoutError" }, "unreachable"],
      [{ name: "Unheard", $metadata: { httpStatusCode: 429 } }, "throttled"],
      [{ name: "NotFoundException" }, "notFound"],
      [{ name: "BadRequestException", $metadata: { httpStatusCode: 400 } }, "other"],
      [{}, "other"],
    ];
    for (const [error, kind] of cases) assert.equal(kindOf(error), kind, JSON.stringify(error));
  });

  it("repeats no command line of a credential_process, nor what it printed", () => {
    const said = "Command failed: vault read --token=s3cr3t\\n stderr s3cr3t";
    const error = Object.assign(new Error(said), { name: "CredentialsProviderError" });
    const { message } = toAwsCallError(error, "sts:GetCallerIdentity", "us-east-1");
    assert.match(message, /the profile's credential_process failed/);
    assert.doesNotMatch(message, /s3cr3t|vault/);
  });

  it("takes a region that is not enabled for no missing permission", () => {
    const error = { name: "OptInRequired", message: "not subscribed", $metadata: { httpStatusCode: 403 } };
    assert.doesNotMatch(toAwsCallError(error, "chime:ListVoiceConnectors", "eu-west-1").message, /Allow/);
  });

  it("keeps an error that was named already", () => {
    const first = toAwsCallError({ name: "ForbiddenException" }, "chime:Get");
    assert.equal(toAwsCallError(first, "other:Thing"), first);
  });
});

describe("namedErrors", () => {
  it("names the action, the region and what AWS said, after the SDK's retries", async () => {
    const aws = await startLocalAws();
    try {
      aws.control.addFault({ kind: "deny", actions: ["iam:GetRole"] });
      const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "test" };
      const client = new IAMClient({ region: "us-east-1", endpoint: aws.endpoint, credentials });
      client.middlewareStack.use(namedErrors("iam", client.config));
      await assert.rejects(client.send(new GetRoleCommand({ RoleName: "x" })), (error: AwsCallError) => {
        assert.ok(error instanceof AwsCallError);
        assert.equal(error.kind, "accessDenied");
        assert.equal(error.action, "iam:GetRole");
        assert.match(error.message, /AWS denied iam:GetRole in us-east-1: User: .* Allow the action iam:GetRole/);
        return true;
      });
    } finally {
      await aws.close();
    }
  });

  it("names the endpoint that cannot be reached", async () => {
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "test" };
    const options = { region: "us-east-1", endpoint: "http://127.0.0.1:9", credentials, maxAttempts: 1 };
    const client = new IAMClient(options);
    client.middlewareStack.use(namedErrors("iam", client.config));
    await assert.rejects(
      client.send(new GetRoleCommand({ RoleName: "x" })),
      /Cannot reach http:\/\/127\.0\.0\.1:9 for iam:GetRole in us-east-1 \(ECONNREFUSED\)/,
    );
  });
});
