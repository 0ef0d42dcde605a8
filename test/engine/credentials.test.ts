import assert from "node:assert/strict";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { StreamingConfiguration } from "../../index.js";
import { engine, printed, Stack } from "./stack.js";

const secrets = {
  environment: "environment-secret-key-9f3b",
  session: "environment-session-token-7c1e",
  stack: "stack-secret-key-5a2d",
  externalId: "external-id-of-the-stack-3e8a",
};

describe("credentials and secrets, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  let connector: string;

  before(async () => {
    stack = await Stack.open();
    connector = await stack.cloud.createConnector("us-east-1");
  });
  after(() => stack?.close());

  /** The state as it is stored: what is secret is encrypted in it. */
  const rawState = async () => (await stack.project.pulumi("stack", "export")).stdout;

  it("stand in no state, output or message, whichever way they come", async () => {
    const args = { voiceConnectorId: connector, dataRetentionInHours: 24 };
    const said: string[] = [];
    const environment = { AWS_SECRET_ACCESS_KEY: secrets.environment, AWS_SESSION_TOKEN: secrets.session };
    await stack.describe({ kind: "StreamingConfiguration", name: "office", args });
    await stack.project.withEnv(environment, async () => {
      for (const result of [await stack.up(), await stack.refresh("--diff")]) {
        assert.equal(result.exitCode, 0, printed(result));
        said.push(printed(result));
      }
    });
    said.push(await rawState());
    const config = (...flags: string[]) => stack.project.pulumi("config", "set", ...flags);
    await config("--secret", "aws:accessKey", "AKIAFROMCONFIG");
    await config("--secret", "aws:secretKey", secrets.stack);
    await config("--path", "--secret", "aws:assumeRole.externalId", secrets.externalId);
    await config("--path", "aws:assumeRole.roleArn", "arn:aws:iam::123456789012:role/voice");
    await stack.describe({
      kind: "StreamingConfiguration",
      name: "office",
      args: { ...args, dataRetentionInHours: 25 },
    });
    stack.aws.control.addFault({ kind: "deny", actions: ["chime:Put*"], times: 1 });
    const denied = await stack.up();
    assert.notEqual(denied.exitCode, 0);
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.ok(stack.aws.control.calls().some(({ accessKeyId }) => accessKeyId === "AKIAFROMCONFIG"));
    assert.ok(stack.aws.control.calls().some(({ action }) => action === "sts:AssumeRole"));
    said.push(printed(denied), printed(up), await rawState(), JSON.stringify(await stack.outputs("office")));
    for (const [name, secret] of Object.entries(secrets)) {
      assert.ok(!said.join("\n").includes(secret), `${name} is in what was said or stored`);
    }
    assert.equal((await stack.destroy()).exitCode, 0);
  });

  it("are refused as arguments in the program, all at once, and no value is printed", async () => {
    await stack.project.write(
      "index.js",
      `const pulumi = require("@pulumi/pulumi");
       const { StreamingConfiguration } = require("pulumi-chime-voice-streaming");
       new StreamingConfiguration("office", {
         voiceConnectorId: "${connector}",
         dataRetentionInHours: 24,
         profile: pulumi.secret("s3cret-profile"),
         assumeRole: { roleArn: "arn:aws:iam::123456789012:role/voice", externalId: pulumi.secret("s3cret-id") },
       });`,
    );
    stack.aws.control.clearCalls();
    const up = await stack.up();
    assert.notEqual(up.exitCode, 0);
    assert.match(printed(up), /profile must not be a secret\n\s+assumeRole must not be a secret/);
    assert.doesNotMatch(printed(up), /s3cret|\n\s+at /);
    assert.deepEqual(stack.aws.control.calls(), []);
    assert.equal(await stack.outputs("office"), undefined);
  });
});

describe("programs of several stacks in one process", function () {
  this.timeout(120_000);

  it("may each manage a connector of the same id, as often as they are run", async () => {
    const local = await Stack.open();
    const { path } = await engine();
    const home = `${local.project.directory}/..`;
    const envVars = {
      ...local.aws.env,
      PATH: path,
      PULUMI_BACKEND_URL: `file://${home}/backend`,
      PULUMI_HOME: `${home}/home`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const before = process.env.PATH;
    process.env.PATH = path;
    try {
      const voiceConnectorId = await local.cloud.createConnector("us-east-1");
      const program = async () => {
        new StreamingConfiguration("office", { voiceConnectorId, dataRetentionInHours: 1 });
      };
      for (const stackName of ["blue", "green", "blue"]) {
        const stack = await LocalWorkspace.createOrSelectStack(
          { stackName, projectName: "inline", program },
          { envVars, workDir: local.project.directory },
        );
        const { changeSummary } = await stack.preview();
        assert.deepEqual(changeSummary, { create: 2 });
      }
    } finally {
      process.env.PATH = before;
      await local.close();
    }
  });
});
