import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { a, b, Graph } from "../components/registered.js";

const repository = join(__dirname, "..", "..");
const program = join(repository, "examples", "consumer", "index.ts");

describe("examples/consumer", function () {
  this.timeout(120_000);

  afterEach(() => pulumi.runtime.setAllConfig({}));

  it("has no type error against what npm gives, for which no types of @pulumi/aws are read", () => {
    const file = join(repository, "tsconfig.json");
    const { config } = ts.readConfigFile(file, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
    const published = { paths: { "pulumi-chime-voice-streaming": ["./dist/index.d.ts"] }, skipLibCheck: false };
    const compiled = ts.createProgram([program], { ...options, ...published, types: ["node"] });
    const files = compiled.getSourceFiles().map(({ fileName }) => fileName);
    const ours = files.filter((name) => name === program || name.startsWith(join(repository, "dist")));
    assert.ok(ours.some((name) => name.endsWith("/dist/components/call-audio-consumer.d.ts")));
    const messages = ours
      .flatMap((name) => compiled.getSemanticDiagnostics(compiled.getSourceFile(name)))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    assert.deepEqual(messages, []);
    assert.deepEqual(
      files.filter((name) => name.includes("/@pulumi/aws/")),
      [],
    );
  });

  it("sees of a consumer what is for its users, and nothing else", () => {
    const declared = readFileSync(join(repository, "dist", "components", "call-audio-consumer.d.ts"), "utf8");
    assert.match(declared, /readonly bucket: pulumi\.Output<string>;/);
    assert.doesNotMatch(declared, /@internal|ConsumerSettings|ResourceNames/);
  });

  it("streams and records connectors of several regions", async () => {
    const graph = new Graph();
    const connectors = [{ voiceConnectorId: a }, { voiceConnectorId: b, region: "eu-central-1" }];
    pulumi.runtime.setAllConfig({
      "aws:region": "us-east-1",
      "call-recordings:connectors": JSON.stringify(connectors),
      "call-recordings:recordingRetentionDays": "90",
    });
    await pulumi.runtime.setMocks(
      {
        newResource: (resource) => {
          graph.resources.push(resource);
          return {
            id: `${resource.name}-id`,
            state: { arn: `arn:${resource.name}`, url: resource.name, ...resource.inputs },
          };
        },
        call: () => ({ accountId: "123456789012" }),
      },
      "call-recordings",
      "dev",
    );
    const { recordings }: typeof import("../../examples/consumer/index.js") = require(program);
    await pulumi.runtime.disconnect();
    assert.ok(pulumi.Output.isInstance(recordings));
    assert.equal(graph.of("StreamingConfiguration").length, 2);
    assert.deepEqual(
      [graph.types.Queue, graph.types.Function, graph.types.Bucket, graph.types.Dashboard],
      [4, 4, 1, 1],
    );
    assert.equal(graph.types.VoiceConnectorLogging, 2);
    const { rules } = graph.inputs("BucketLifecycleConfiguration", "recorder-bucket-lifecycle");
    assert.ok(rules.some(({ expiration }: { expiration?: { days: number } }) => expiration?.days === 90));
  });
});
