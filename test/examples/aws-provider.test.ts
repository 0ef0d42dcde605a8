import assert from "node:assert/strict";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ListVoiceConnectorsCommand } from "@aws-sdk/client-chime-sdk-voice";
import { Cloud } from "../../demo/cloud.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { pluginYaml, standInEnv } from "../aws-stand-in/plugin.js";
import { Example } from "./example-project.js";

const EXAMPLES = join(__dirname, "..", "..", "examples");
const STOP = "chime:DeleteVoiceConnectorStreamingConfiguration";

/** With a stand-in for the aws provider, which cannot be had everywhere: it makes the same calls. */
describe("the examples with @pulumi/aws", function () {
  this.timeout(180_000);
  let localAws: LocalAws;
  let cloud: Cloud;
  let example: Example | undefined;

  beforeEach(async () => {
    localAws = await startLocalAws();
    cloud = new Cloud(localAws.endpoint, localAws.env);
  });
  afterEach(async () => {
    await example?.close();
    await localAws.close();
  });

  async function open(name: string, config: Record<string, unknown> = {}): Promise<Example> {
    const { endpoint } = localAws;
    const settings = { accountId: "123456789012", endpoint, chimeEndpoint: endpoint, functionEnvironment: {} };
    const words = [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "aws-plugin", "main.ts")];
    const opened = await Example.open(name, {
      env: { ...localAws.env, ...standInEnv(settings) },
      config: { "aws:region": "us-east-1", ...config },
      linked: ["@pulumi/aws"],
      files: {
        "Pulumi.yaml": (await readFile(join(EXAMPLES, name, "Pulumi.yaml"), "utf8")) + pluginYaml,
        "aws-plugin/pulumi-resource-aws": `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`,
      },
    });
    example = opened;
    await chmod(join(opened.project.directory, "aws-plugin", "pulumi-resource-aws"), 0o755);
    return opened;
  }

  it("new-connectors: two connectors stream from the start, and keep their marks through a refresh", async () => {
    const opened = await open("new-connectors");
    await opened.up();
    await opened.expectNoChanges("--refresh");
    const { VoiceConnectors: made = [] } = await cloud.chime("us-east-1").send(new ListVoiceConnectorsCommand({}));
    assert.deepEqual(made.map(({ Name }) => Name).sort(), ["office", "support"]);
    for (const { VoiceConnectorId: id } of made) {
      assert.equal((await cloud.streaming("us-east-1", id!))?.DataRetentionInHours, 24);
    }
    // A refresh reads the marks as tags of the connectors; the update after it must leave them there.
    localAws.control.clearCalls();
    await opened.succeeds("up", "--yes", "--skip-preview", "--refresh", "--non-interactive");
    const untagged = localAws.control.calls().filter(({ action }) => action === "chime:UntagResource");
    assert.deepEqual(untagged, []);
    await opened.destroy();
    assert.deepEqual(localAws.control.state().voiceConnectors, []);
    assert.equal(await cloud.roleExists(), false);
  });

  it("migrate-from-aws: step by step, without a moment in which nothing streams", async () => {
    const { id } = localAws.control.createVoiceConnector("us-east-1");
    const opened = await open("migrate-from-aws", { voiceConnectorId: id });
    const projectFile = await readFile(join(opened.project.directory, "Pulumi.yaml"), "utf8");
    const upTo = async (program: string) => {
      await opened.project.write("Pulumi.yaml", projectFile.replace("3-moved.ts", program));
      return opened.up();
    };
    const isOn = async () => assert.equal((await cloud.streaming("us-east-1", id))?.DataRetentionInHours, 24);

    await upTo("1-before.ts");
    await isOn();
    localAws.control.clearCalls();
    await upTo("2-retained.ts");
    await isOn();
    assert.deepEqual(changes(), [], "recorded alone");
    await upTo("3-moved.ts");
    await isOn();
    assert.deepEqual(changes(), ["chime:PutVoiceConnectorStreamingConfiguration"]);
    await opened.expectNoChanges("--refresh");
    assert.ok(!localAws.control.calls().some(({ action }) => action === STOP));
    await opened.destroy();
    assert.equal(await cloud.streaming("us-east-1", id), undefined);
  });

  /** The calls that changed what is streamed. */
  function changes(): string[] {
    const names = localAws.control.calls().map(({ action }) => action);
    return names.filter((action) => /^chime:(Put|Delete)VoiceConnectorStreaming/.test(action));
  }
});
