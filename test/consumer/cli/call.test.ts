import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pcmOf } from "../../local-aws/element-dump.js";
import { type Office, openOffice, wavFile } from "../../local-aws/office.js";
import { resultOf, runCommand, startCommand } from "./command-process.js";

describe("call", function () {
  this.timeout(30_000);
  let office: Office;
  let folder: string;
  let callerFile: string;
  let calleeFile: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "call-"));
    callerFile = join(folder, "caller.wav");
    calleeFile = join(folder, "callee.wav");
    await writeFile(callerFile, wavFile(3, 32_100).wav);
    await writeFile(calleeFile, wavFile(5, 24_000).wav);
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    office = await openOffice();
  });
  afterEach(() => office.close());

  const args = (...more: string[]) => [
    ...["call", "--endpoint", office.aws.endpoint, "--voice-connector-id", office.voiceConnectorId],
    ...["--caller", callerFile, "--callee", calleeFile, ...more],
  ];

  it("plays both legs at once and tells of them as JSON", async () => {
    const { exitCode, stdout, stderr } = await runCommand(args("--speed", "max", "--json"));
    assert.equal(stderr, "");
    assert.equal(exitCode, 0);
    const result = JSON.parse(stdout);
    assert.equal(result.voiceConnectorId, office.voiceConnectorId);
    const detail = office.events()[0].detail;
    assert.deepEqual([result.transactionId, result.callId], [detail.transactionId, detail.callId]);
    assert.deepEqual(
      result.legs.map((leg: object) => Object.keys(leg).sort()),
      Array(2).fill(["direction", "endTime", "isCaller", "startFragmentNumber", "startTime", "streamArn"]),
    );
    assert.ok(pcmOf(await office.media(result.legs[0].streamArn)).equals(wavFile(3, 32_100).pcm));
    assert.ok(pcmOf(await office.media(result.legs[1].streamArn)).equals(wavFile(5, 24_000).pcm));
  });

  it("tells of the call in words without --json, and finds local-aws through AWS_ENDPOINT_URL", async () => {
    const [, , , ...rest] = args("--speed", "50");
    const { exitCode, stdout } = await runCommand(["call", ...rest], {
      ...process.env,
      AWS_ENDPOINT_URL: office.aws.endpoint,
    });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^transaction [0-9a-f-]{36}\ncaller {2}\S+Z {2}4\.01\d s {2}arn:.*\ncallee {2}/);
  });

  it("Ctrl-C hangs up both legs and still tells of the call", async () => {
    const long = join(folder, "long.wav");
    await writeFile(long, wavFile(7, 8_000 * 600).wav);
    office.aws.control.change({ legOffsetMs: 0 });
    const command = startCommand([...args("--speed", "20", "--json"), "--caller", long, "--callee", long]);
    const ended = resultOf(command);
    while (office.events().length < 2) await new Promise((resolve) => setImmediate(resolve));
    command.kill("SIGINT");
    const { exitCode, stdout } = await ended;
    assert.equal(exitCode, 0);
    const { legs } = JSON.parse(stdout);
    assert.deepEqual(
      office
        .events()
        .map((event) => event.detail.streamingStatus)
        .sort(),
      ["ENDED", "ENDED", "STARTED", "STARTED"],
    );
    for (const leg of legs) {
      const durationMs = Date.parse(leg.endTime) - Date.parse(leg.startTime);
      assert.ok(durationMs >= 1_024 && durationMs < 600_000);
      assert.equal(Math.round(pcmOf(await office.media(leg.streamArn)).length / 16), durationMs);
    }
  });

  it("an unknown connector is refused", async () => {
    const { exitCode, stderr, stdout } = await runCommand(args("--voice-connector-id", "nobody", "--json"));
    assert.equal(exitCode, 5);
    assert.equal(stderr, "error: There is no Voice Connector nobody.\n");
    assert.equal(stdout, "");
  });

  it("a connector that does not stream makes no call", async () => {
    await office.putStreaming({ Disabled: true });
    const { exitCode, stderr } = await runCommand(args());
    assert.equal(exitCode, 1);
    assert.match(stderr, /^error: Streaming is off for Voice Connector/);
  });

  it("a leg that was not recorded is an error, after the JSON", async () => {
    office.aws.control.addFault({ kind: "streamingFailure", leg: "callee", reason: "no capacity" });
    const { exitCode, stderr, stdout } = await runCommand(args("--speed", "max", "--json"));
    assert.equal(exitCode, 1);
    assert.equal(stderr, "error: the leg of the callee was not recorded: no capacity\n");
    assert.equal(JSON.parse(stdout).legs.length, 1);
  });

  it("files that are not telephone audio are named", async () => {
    const text = join(folder, "text.wav");
    await writeFile(text, "no audio");
    for (const [file, message] of [
      [text, /^error: .*text\.wav is not a WAV file; /],
      [join(folder, "none.wav"), /^error: cannot read .*none\.wav: ENOENT/],
    ] as const) {
      const { exitCode, stderr } = await runCommand(args("--callee", file));
      assert.equal(exitCode, 2);
      assert.match(stderr, message);
    }
  });

  it("an endpoint where nobody listens, or something else, is told apart from a wrong option", async () => {
    const page = createServer((_request, response) => response.end("<html>"));
    await once(page.listen(0, "127.0.0.1"), "listening");
    const endpoint = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    const other = await runCommand(args("--endpoint", endpoint));
    assert.equal(other.exitCode, 5);
    assert.equal(other.stderr, `error: ${endpoint} is not local-aws (HTTP 200)\n`);
    await new Promise((resolve) => page.close(resolve));
    const nobody = await runCommand(args("--endpoint", endpoint));
    assert.equal(nobody.exitCode, 5);
    assert.equal(nobody.stderr, `error: cannot reach local-aws at ${endpoint} (ECONNREFUSED)\n`);
    for (const wrong of [
      ["--endpoint", "nowhere"],
      ["--speed", "0"],
      ["--speed", "fast"],
    ]) {
      assert.equal((await runCommand(args(...wrong))).exitCode, 2, wrong.join(" "));
    }
  });
});
