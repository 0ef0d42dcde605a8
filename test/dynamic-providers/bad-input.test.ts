import assert from "node:assert/strict";
import { printed, Stack } from "../engine/stack.js";

const ID = "abcdef1ghij2klmno3pqr4";
const SECRET = "correct-horse-battery";
const FAILS = 'pulumi.output(Promise.reject(new Error("the connector could not be looked up")))';
const OTHER = 'new (class extends pulumi.ProviderResource { constructor() { super("aws", "other", {}); } })()';

interface Row {
  title: string;
  program: string;
  /** Each in what preview prints. */
  says: RegExp[];
}

const rows: Row[] = [
  {
    title: "ServiceLinkedRole: wrong types, a number out of range, an unknown key, all at once",
    program: `new ServiceLinkedRole("bad", { onDelete: 3, deletionTimeoutSeconds: 3601, profile: "", assumeRole: { roleArn: "x", role: 1 }, descripton: "x" });`,
    says: [
      /property onDelete .*must be "deleteWhenUnused", "delete" or "retain"/,
      /property deletionTimeoutSeconds .*whole seconds from 1 to 3600/,
      /property profile .*must be the name of a profile/,
      /property assumeRole\.roleArn .*must be the ARN of an IAM role/,
      /property assumeRole\.role .*is not an argument/,
      /property descripton .*is not an argument; known are onDelete/,
    ],
  },
  {
    title: "ServiceLinkedRole: a secret",
    program: `new ServiceLinkedRole("bad", { profile: pulumi.secret("${SECRET}") });`,
    says: [/The arguments of "bad" cannot be used:\s+profile must not be a secret/],
  },
  {
    title: "ServiceLinkedRole: an explicit provider",
    program: `new ServiceLinkedRole("bad", {}, { provider: ${OTHER} });`,
    says: [/The option "provider" cannot be honoured/],
  },
  {
    title: "StreamingConfiguration: a secret inside an argument, and another beside it",
    program: `new StreamingConfiguration("bad", { voiceConnectorId: "${ID}", region: "us-east-1", dataRetentionInHours: 1,
      onDelete: pulumi.secret("${SECRET}"), assumeRole: { roleArn: "arn:aws:iam::123456789012:role/x", externalId: pulumi.secret("${SECRET}") } });`,
    says: [/onDelete must not be a secret/, /assumeRole must not be a secret/],
  },
  {
    title: "an Output that fails, in either resource: nothing is registered in its place",
    program: `new ServiceLinkedRole("bad", { profile: ${FAILS} });
      new StreamingConfiguration("bad", { voiceConnectorId: ${FAILS}, region: "us-east-1", dataRetentionInHours: 1 });`,
    says: [/the connector could not be looked up/],
  },
  {
    title: "VoiceConnectorStreaming: wrong types, numbers out of range, unknown keys everywhere, all at once",
    program: `new VoiceConnectorStreaming("bad", { dataRetentionInHours: -1, retention: 3, onDelete: ["stop"],
      connectors: [{ voiceConnectorId: 17 }, "${ID}", { voiceConnectorId: "${ID}", name: 4, retain: true }],
      serviceLinkedRole: { onDelete: "stop", timeout: 3 } });`,
    says: [
      /dataRetentionInHours must be a number: 0, or/,
      /retention is not an argument/,
      /onDelete must be "stop", "restore" or "retain"/,
      /connectors\[0\]\.voiceConnectorId must be 21 or 22/,
      /connectors\[1\] must be an object with voiceConnectorId/,
      /connectors\[2\]\.name must be a text/,
      /connectors\[2\]\.retain is not an argument/,
      /serviceLinkedRole\.onDelete must be/,
      /serviceLinkedRole\.timeout is not an argument/,
    ],
  },
  {
    title: "VoiceConnectorStreaming: a secret",
    program: `new VoiceConnectorStreaming("bad", { dataRetentionInHours: 1, region: "us-east-1", profile: pulumi.secret("${SECRET}"),
      connectors: [{ voiceConnectorId: "${ID}" }] });`,
    says: [/profile must not be a secret/],
  },
  {
    title: "VoiceConnectorStreaming: explicit providers",
    program: `new VoiceConnectorStreaming("bad", { dataRetentionInHours: 1, connectors: [] }, { providers: [${OTHER}] });`,
    says: [/The option "providers" cannot be honoured/],
  },
];

describe("bad input on the real engine, found at preview", function () {
  this.timeout(120_000);
  let stack: Stack;
  before(async () => {
    // The SDK takes half a minute to word the stack of an Output's error, whatever the resource.
    stack = await Stack.open(undefined, { NODE_OPTIONS: "--stack-trace-limit=1" });
  });
  after(() => stack.close());

  for (const { title, program, says } of rows) {
    it(title, async () => {
      await stack.project.write(
        "index.js",
        `const pulumi = require("@pulumi/pulumi");
         const { ServiceLinkedRole, StreamingConfiguration, VoiceConnectorStreaming } = require("pulumi-chime-voice-streaming");
         ${program}`,
      );
      const preview = await stack.preview();
      const text = printed(preview);
      assert.notEqual(preview.exitCode, 0, text);
      for (const line of says) assert.match(text, line);
      assert.ok(!text.includes(SECRET), "a secret is never printed");
      assert.deepEqual(stack.aws.control.calls(), [], "nothing was asked of AWS");
    });
  }
});
