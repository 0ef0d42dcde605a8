import assert from "node:assert/strict";
import { readStackConfiguration } from "../../dynamic-providers/stack-configuration.js";

const read = (values: Record<string, string>) => readStackConfiguration((key) => values[key]).stack;
const faultsOf = (values: Record<string, string>) => readStackConfiguration((key) => values[key]).faults;

describe("readStackConfiguration", () => {
  it("is empty where nothing is configured", () => {
    const { endpoints, assumeRoles, ...rest } = read({});
    assert.deepEqual({ endpoints, assumeRoles }, { endpoints: {}, assumeRoles: [] });
    assert.ok(Object.values(rest).every((value) => value === undefined));
  });

  it("reads region, credentials and endpoints as the engine hands them over", () => {
    const stack = read({
      "aws:region": "eu-west-1",
      "aws:profile": "voice",
      "aws:accessKey": "AKIA",
      "aws:secretKey": "s",
      "aws:token": "t",
      "aws:endpoints":
        '[{"chimesdkvoice":"http://127.0.0.1:1","iam":"http://127.0.0.1:2"},{"sts":"http://127.0.0.1:3"}]',
    });
    assert.equal(stack.region, "eu-west-1");
    assert.equal(stack.profile, "voice");
    assert.deepEqual([stack.accessKeyId, stack.secretAccessKey, stack.sessionToken], ["AKIA", "s", "t"]);
    assert.deepEqual(stack.endpoints, {
      chimesdkvoice: "http://127.0.0.1:1",
      iam: "http://127.0.0.1:2",
      sts: "http://127.0.0.1:3",
    });
  });

  it("takes one role or a chain of them", () => {
    const role = { roleArn: "arn:aws:iam::123456789012:role/deploy", externalId: "x", duration: "1h30m", policy: "{}" };
    const [read1] = read({ "aws:assumeRole": JSON.stringify(role) }).assumeRoles;
    assert.equal(read1?.roleArn, role.roleArn);
    assert.equal(read1?.externalId, "x");
    assert.equal(read1?.durationSeconds, 5_400);
    assert.equal(read1?.policy, "{}");
    const chain = JSON.stringify([role, role]);
    assert.equal(read({ "aws:assumeRoles": chain }).assumeRoles.length, 2);
  });

  it("reads a web identity and the accounts that are allowed or forbidden", () => {
    const stack = read({
      "aws:assumeRoleWithWebIdentity":
        '{"roleArn":"arn:aws:iam::123456789012:role/ci","webIdentityTokenFile":"/token"}',
      "aws:allowedAccountIds": '["123456789012"]',
      "aws:forbiddenAccountIds": "[210987654321]",
    });
    assert.equal(stack.webIdentity?.tokenFile, "/token");
    assert.deepEqual(stack.allowedAccountIds, ["123456789012"]);
    assert.deepEqual(stack.forbiddenAccountIds, ["210987654321"]);
  });

  it("names the key that is not valid JSON, and not its value", () => {
    const [fault] = faultsOf({ "aws:endpoints": "{secret" });
    assert.equal(fault?.property, "aws:endpoints");
    assert.match(fault?.reason ?? "", /is not valid JSON/);
    assert.doesNotMatch(JSON.stringify(fault), /secret/);
  });

  it("finds every value that could not be honoured, as passing it over would mean other rights than asked for", () => {
    const faults = faultsOf({
      "aws:accessKey": "AKIA",
      "aws:assumeRole": '"arn:aws:iam::123456789012:role/x"',
      "aws:assumeRoles":
        '[null, {"sessionName":"x"}, {"roleArn":"arn:aws:iam::123456789012:role/x","durationSeconds":1}]',
      "aws:assumeRoleWithWebIdentity": '{"roleArn":"arn:aws:iam::123456789012:role/x"}',
      "aws:endpoints": '["http://x", {"iam": 7}]',
      "aws:allowedAccountIds": '["prod"]',
      "aws:sharedConfigFiles": '["a","b"]',
    });
    assert.deepEqual(faults.map(({ property }) => property).sort(), [
      "aws:allowedAccountIds",
      "aws:assumeRole",
      "aws:assumeRoleWithWebIdentity",
      "aws:assumeRoles[0]",
      "aws:assumeRoles[1].roleArn",
      "aws:assumeRoles[2].durationSeconds",
      "aws:endpoints",
      "aws:endpoints.iam",
      "aws:secretKey",
      "aws:sharedConfigFiles",
    ]);
  });
});
