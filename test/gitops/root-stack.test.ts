import assert from "node:assert/strict";
import type { PulumiProject } from "../../engine/pulumi-project.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { type AwsCli, awsCli } from "../aws-cli.js";
import { printed } from "../engine/stack.js";
import { cloneRepository } from "./repository-root.js";

describe("the repository's own stack", function () {
  this.timeout(120_000);
  let localAws: LocalAws;
  let aws: AwsCli;
  let clone: PulumiProject;

  before(async function () {
    this.timeout(240_000);
    localAws = await startLocalAws();
    aws = await awsCli(this, localAws.env);
    clone = await cloneRepository(localAws.env);
    const init = await clone.pulumi("stack", "init", "dev");
    assert.equal(init.exitCode, 0, printed(init));
  });
  after(async () => {
    await clone?.dispose();
    await localAws?.close();
  });

  const configure = (lines: string) => clone.write("Pulumi.dev.yaml", `config:\n${lines}`);
  const streaming = async (region: string, id: string) => {
    const get = "get-voice-connector-streaming-configuration";
    const answer = await aws("chime-sdk-voice", get, "--voice-connector-id", id, "--region", region);
    return answer.StreamingConfiguration;
  };

  it("names every fault of its configuration at once, at preview, by the configuration's keys", async () => {
    await configure(`  aws:region: us-east-1
  chime-voice-streaming:connectors:
    - voiceConnectorId: short
    - voiceConnectorId: abcdef1ghij2klmno3pqr4
      retention: 3
  chime-voice-streaming:regions:
    mars-1: [abcdef1ghij2klmno3pqr4]
    eu-central-1: [17]
  chime-voice-streaming:dataRetentionInHours: many
  chime-voice-streaming:onDelete: perhaps
  chime-voice-streaming:retention: 24
  chime-voice-streaming:serviceLinkedRole:
    onDelete: maybe
`);
    await clone.pulumi("config", "set", "--secret", "profile", "hidden-profile");
    const preview = await clone.pulumi("preview", "--non-interactive");
    const text = printed(preview);
    assert.notEqual(preview.exitCode, 0);
    for (const line of [
      /chime-voice-streaming:connectors\[0\]\.voiceConnectorId must be 21 or 22/,
      /chime-voice-streaming:connectors\[1\]\.retention is not an argument/,
      /chime-voice-streaming:connectors\[1\]\.voiceConnectorId is the same as that of regions\.mars-1\[0\]/,
      /chime-voice-streaming:regions\.mars-1\[0\] must be a region/,
      /chime-voice-streaming:regions\.eu-central-1\[0\] must be 21 or 22/,
      /chime-voice-streaming:dataRetentionInHours must be a number/,
      /chime-voice-streaming:onDelete must be "stop", "restore" or "retain"/,
      /chime-voice-streaming:retention is not a key of this project/,
      /chime-voice-streaming:serviceLinkedRole\.onDelete must be/,
      /chime-voice-streaming:profile must not be a secret/,
    ]) {
      assert.match(text, line);
    }
    assert.doesNotMatch(text, /\n\s+at |hidden-profile|many|perhaps/);
    assert.deepEqual(localAws.control.calls(), [], "nothing was asked of AWS");
  });

  it("says what is missing where there is no configuration at all", async () => {
    await configure("  aws:region: us-east-1\n");
    const preview = await clone.pulumi("preview", "--non-interactive");
    assert.notEqual(preview.exitCode, 0);
    assert.match(printed(preview), /chime-voice-streaming:connectors or regions must name a Voice Connector/);
  });

  it("streams what the configuration says, expects no changes right after, follows a change, and destroys to nothing", async () => {
    const { id: virginia } = localAws.control.createVoiceConnector("us-east-1");
    const { id: frankfurt } = localAws.control.createVoiceConnector("eu-central-1");
    const configuration = (retention: number) => `  aws:region: us-east-1
  chime-voice-streaming:regions:
    us-east-1: [${virginia}]
  chime-voice-streaming:connectors:
    - voiceConnectorId: ${frankfurt}
      region: eu-central-1
      dataRetentionInHours: ${retention}
`;
    await configure(configuration(72));
    const up = await clone.pulumi("up", "--yes", "--non-interactive");
    assert.equal(up.exitCode, 0, printed(up));
    assert.equal((await streaming("us-east-1", virginia)).DataRetentionInHours, 24, "the default of Pulumi.yaml");
    assert.equal((await streaming("eu-central-1", frankfurt)).DataRetentionInHours, 72);

    const drift = await clone.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
    assert.equal(drift.exitCode, 0, printed(drift));

    await configure(configuration(48));
    const change = await clone.pulumi("up", "--yes", "--non-interactive");
    assert.equal(change.exitCode, 0, printed(change));
    assert.equal((await streaming("eu-central-1", frankfurt)).DataRetentionInHours, 48);

    const outputs = JSON.parse((await clone.pulumi("stack", "output", "--json")).stdout);
    assert.equal(outputs.connectors[1].outboundHostName, `${frankfurt}.voiceconnector.chime.aws`);
    const destroy = await clone.pulumi("destroy", "--yes", "--non-interactive");
    assert.equal(destroy.exitCode, 0, printed(destroy));
    await assert.rejects(streaming("us-east-1", virginia), /NotFoundException/);
  });
});
