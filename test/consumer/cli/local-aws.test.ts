import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { ListVoiceConnectorsCommand } from "@aws-sdk/client-chime-sdk-voice";
import { clientsOf } from "../../local-aws/clients.js";
import { resultOf, runCommand, startCommand } from "./command-process.js";

describe("local-aws", function () {
  this.timeout(30_000);
  let running: ChildProcess | undefined;
  afterEach(() => {
    running?.kill("SIGKILL");
    running = undefined;
  });

  async function firstLine(...args: string[]): Promise<{ line: string; ended: ReturnType<typeof resultOf> }> {
    running = startCommand(["local-aws", ...args]);
    const ended = resultOf(running);
    const [line] = await once(createInterface(running.stdout!), "line");
    return { line, ended };
  }

  it("prints one line of JSON when it is ready, with the environment and the connectors that were asked for", async () => {
    const { line, ended } = await firstLine(
      "--json",
      "--voice-connector",
      "us-east-1",
      "--voice-connector",
      "eu-central-1",
    );
    const { endpoint, console, env, voiceConnectors } = JSON.parse(line);
    assert.equal(console, `${endpoint}/`);
    assert.equal(env.AWS_ENDPOINT_URL, endpoint);
    assert.match(env.QUEUE_URL, /chime-voice-streaming-events$/);
    assert.deepEqual(
      voiceConnectors.map((connector: { region: string }) => connector.region),
      ["us-east-1", "eu-central-1"],
    );
    const { VoiceConnectors } = await clientsOf({ endpoint }, "eu-central-1").chime.send(
      new ListVoiceConnectorsCommand({}),
    );
    assert.equal(VoiceConnectors![0]!.VoiceConnectorId, voiceConnectors[1].voiceConnectorId);
    running!.kill("SIGTERM");
    const { exitCode, stdout, stderr } = await ended;
    assert.equal(exitCode, 0);
    assert.equal(stdout.trim().split("\n").length, 1);
    assert.equal(stderr, "");
  });

  it("prints lines for a shell without --json, and SIGINT stops it", async () => {
    const { line, ended } = await firstLine();
    assert.equal(line, "unset AWS_PROFILE AWS_SESSION_TOKEN");
    running!.kill("SIGINT");
    const { exitCode, stdout } = await ended;
    assert.equal(exitCode, 0);
    assert.match(stdout, /^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(stdout, /^export QUEUE_URL=/m);
    assert.match(stdout, /^# The console, in a browser: http:\/\/127\.0\.0\.1:\d+\/$/m);
  });

  it("stops although connections are open", async () => {
    const { line, ended } = await firstLine("--json");
    const { endpoint, env } = JSON.parse(line);
    const { ReceiveMessageCommand } = await import("@aws-sdk/client-sqs");
    const { sqs } = clientsOf({ endpoint });
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: env.QUEUE_URL }));
    const polled = sqs
      .send(new ReceiveMessageCommand({ QueueUrl: env.QUEUE_URL, WaitTimeSeconds: 20 }))
      .catch((error) => error);
    running!.kill("SIGTERM");
    assert.equal((await ended).exitCode, 0);
    await polled;
  });

  it("a port that is taken is an error that names it", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { exitCode, stderr } = await runCommand(["local-aws", "--port", String(port)]);
    other.close();
    assert.equal(exitCode, 1);
    assert.equal(stderr, `error: port ${port} is taken; choose another one with --port\n`);
  });

  it("wrong options are wrong use", async () => {
    for (const args of [
      ["--port", "x"],
      ["--port", "65536"],
      ["--port", "-1"],
      ["--voice-connector", "mars-north-1"],
    ]) {
      const { exitCode, stdout, stderr } = await runCommand(["local-aws", ...args]);
      assert.equal(exitCode, 2, args.join(" "));
      assert.match(stderr, /^error: .*\n$/);
      assert.equal(stdout, "");
    }
  });
});
