import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { CallResult, FaultInput } from "../../../local-aws/index.js";
import { wavOf } from "../../wav-of.js";
import { channel, channelsOf, silence } from "../stereo-audio.js";
import { pcmOf, speech, startTelephone, type Telephone } from "../telephone.js";
import { resultOf, runCommand, startCommand } from "./command-process.js";

const STREAM = "arn:aws:kinesisvideo:us-east-1:123456789012:stream/nobody/1";

describe("record", function () {
  this.timeout(30_000);
  let telephone: Telephone;
  let folder: string;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  beforeEach(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "record-"));
  });

  afterEach(async () => {
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  function callerStream(call: CallResult): string {
    return call.legs.find(({ isCaller }) => isCaller)!.streamArn;
  }

  function record(...args: string[]) {
    return runCommand(["record", "--quiescence-seconds", "0.2", "-o", folder, ...args]);
  }

  it("writes one WAV and one sidecar for a transaction, and prints one JSON document", async () => {
    const call = await telephone.call(caller, callee);
    const stream = ["--stream-arn", callerStream(call)];
    const { exitCode, stdout, stderr } = await record(...stream, "--transaction-id", call.transactionId, "--json");
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr, "");
    const { recordings } = JSON.parse(stdout);
    assert.equal(recordings.length, 1);
    const [one] = recordings;
    assert.deepEqual(await pcmOf(one.audio.location), caller);
    assert.equal(one.outcome, "recorded");
    assert.equal(one.transactionId, call.transactionId);
    assert.equal(one.voiceConnectorId, call.voiceConnectorId);
    assert.equal(one.endProof, "quiescence");
    // Half a minute of silence would prove that this is all of the leg.
    assert.equal(one.complete, false);
    assert(one.quiescenceSeconds >= 0.2 && one.quiescenceSeconds < 5);
    assert.equal(JSON.parse(await readFile(one.sidecarLocation, "utf8")).sha256, one.sha256);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("records every transaction of the stream for itself where none is named", async () => {
    const first = await telephone.call(caller, callee);
    const second = await telephone.call(callee, caller);
    const { exitCode, stdout } = await record("--stream-arn", callerStream(first), "--json");
    assert.equal(exitCode, 0);
    const { recordings } = JSON.parse(stdout);
    assert.deepEqual(
      recordings.map(({ transactionId, complete, endProof }: Record<string, unknown>) => [
        transactionId,
        complete,
        endProof,
      ]),
      [
        [first.transactionId, true, "nextTransaction"],
        [second.transactionId, false, "quiescence"],
      ],
    );
    assert.deepEqual(await pcmOf(recordings[0].audio.location), caller);
    assert.deepEqual(await pcmOf(recordings[1].audio.location), callee);
  });

  it("says in words where the audio is, and that it was recorded before", async () => {
    const call = await telephone.call(caller, callee);
    const args = ["--stream-arn", callerStream(call), "--transaction-id", call.transactionId];
    const first = await record(...args);
    assert.match(
      first.stdout,
      /\.wav {2}10\.300 s, gaps 0, errors 0, not known to be complete \(quiescence\)\n.*\.json\n$/,
    );
    const second = await record(...args);
    assert.equal(second.exitCode, 0);
    assert.match(second.stdout, /recorded before/);
  });

  describe("of both legs of a call", () => {
    const OFFSET_MS = 1_755;
    const lengthMs = OFFSET_MS + 9_000;

    function both(call: CallResult, ...args: string[]) {
      const of = (isCaller: boolean) => call.legs.find((leg) => leg.isCaller === isCaller)!.streamArn;
      const one = (streamArn: string, side: string[]) =>
        record("--stream-arn", streamArn, "--transaction-id", call.transactionId, ...args, ...side);
      return {
        caller: (...side: string[]) => one(of(true), side),
        callee: (...side: string[]) => one(of(false), side),
      };
    }

    it("mixes them when the second one is recorded, and says where", async () => {
      const call = await telephone.call(caller, callee);
      const first = await both(call, "--json").caller();
      assert.deepEqual(JSON.parse(first.stdout).calls, [{ outcome: "oneLeg", transactionId: call.transactionId }]);
      assert.equal((await readdir(folder)).length, 2);
      const second = await both(call, "--json").callee();
      const [mixed] = JSON.parse(second.stdout).calls;
      assert.equal(mixed.outcome, "mixed");
      assert.equal(mixed.channelAssignment, "guessed");
      assert.equal(mixed.audio.location, join(folder, `${call.transactionId}_call.wav`));
      assert.equal(mixed.sidecarLocation, join(folder, `${call.transactionId}_call.json`));
      const { left, right } = await channelsOf(mixed.audio.location);
      assert(left.equals(channel(lengthMs, caller)));
      assert(right.equals(channel(lengthMs, silence(OFFSET_MS), callee)));
      assert.equal((await readdir(folder)).length, 6);

      const again = await both(call).callee();
      assert.match(
        again.stdout,
        /_call\.wav {2}10\.755 s, stereo, caller left, callee right \(guessed, see --side\)\n.*_call\.json\n$/,
      );
    });

    it("believes --side, though the leg was recorded before", async () => {
      telephone.aws.control.change({ legOffsetMs: -OFFSET_MS });
      const call = await telephone.call(caller, callee);
      await both(call).caller();
      await both(call).callee();
      const { stdout } = await both(call, "--json").callee("--side", "callee");
      const { recordings, calls } = JSON.parse(stdout);
      assert.deepEqual([recordings[0].outcome, recordings[0].isCaller], ["kept", false]);
      assert.equal(calls[0].channelAssignment, "isCaller");
      const { left, right } = await channelsOf(calls[0].audio.location);
      const length = OFFSET_MS + 10_300;
      assert(left.equals(channel(length, silence(OFFSET_MS), caller)));
      assert(right.equals(channel(length, callee)));
    });

    it("mixes nothing with --no-stereo", async () => {
      const call = await telephone.call(caller, callee);
      await both(call).caller();
      const { stdout } = await both(call, "--json").callee("--no-stereo");
      assert.deepEqual(JSON.parse(stdout).calls, []);
      assert.equal((await readdir(folder)).length, 4);
    });

    it("reports the leg where the stereo file cannot be made, and fails", async () => {
      const call = await telephone.call(caller, callee);
      await both(call).caller();
      const [wav] = (await readdir(folder)).filter((name) => name.endsWith(".wav"));
      await writeFile(join(folder, wav!), Buffer.alloc((await readFile(join(folder, wav!))).length));
      const { exitCode, stdout, stderr } = await both(call, "--json").callee();
      assert.equal(exitCode, 1);
      assert.match(stderr, /^error: .*is not the audio that its sidecar describes/);
      assert.equal(JSON.parse(stdout).recordings.length, 1);
    });
  });

  it("bounds the recording by --from and --to, and proves the end by what follows", async () => {
    const call = await telephone.call(caller, callee);
    const startMs = Date.parse(call.legs.find(({ isCaller }) => isCaller)!.startTime);
    const at = (ms: number) => new Date(startMs + ms).toISOString();
    const { stdout } = await record("--stream-arn", callerStream(call), "--from", at(1), "--to", at(4_096), "--json");
    const [one] = JSON.parse(stdout).recordings;
    assert.deepEqual(await pcmOf(one.audio.location), caller.subarray(1_024 * 16, 5 * 1_024 * 16));
    assert.equal(one.endProof, "endTime");
    assert.equal(one.complete, false);
  });

  it("records the whole leg after a part of it, in place of that part", async () => {
    const call = await telephone.call(caller, callee);
    const startMs = Date.parse(call.legs.find(({ isCaller }) => isCaller)!.startTime);
    const args = ["--stream-arn", callerStream(call), "--transaction-id", call.transactionId, "--json"];
    const part = await record(...args, "--to", new Date(startMs + 4_096).toISOString());
    assert.equal(JSON.parse(part.stdout).recordings[0].complete, false);
    const whole = await record(...args);
    const [one] = JSON.parse(whole.stdout).recordings;
    assert.equal(one.outcome, "recorded");
    assert.deepEqual(await pcmOf(one.audio.location), caller);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("asks for no more archived media a second than --fragments-per-second says", async () => {
    const call = await telephone.call(caller, callee);
    const { exitCode } = await record("--stream-arn", callerStream(call), "--fragments-per-second", "8");
    assert.equal(exitCode, 0);
    // Once to see whose calls there are, once to record: eleven fragments each.
    const [first, second] = telephone.aws.control
      .calls()
      .filter(({ action }) => action === "kinesisvideo:GetMediaForFragmentList")
      .map(({ at }) => Date.parse(at));
    assert.ok(second! - first! >= 1_200, `${second! - first!} ms`);
    const wrong = await record("--stream-arn", STREAM, "--fragments-per-second", "0");
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /--fragments-per-second.*It must be a number above 0/);
  });

  it("says before it reads anything that its output cannot be written", async () => {
    const { exitCode, stderr } = await runCommand(["record", "--stream-arn", STREAM, "-o", "/proc/nope"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^error: \/proc\/nope cannot be written to: ENOENT/);
    assert.deepEqual(
      telephone.aws.control.calls().filter(({ action }) => action.startsWith("kinesisvideo:")),
      [],
    );
  });

  it("begins with --start-fragment", async () => {
    const call = await telephone.call(caller, callee);
    const { startFragmentNumber } = call.legs.find(({ isCaller }) => isCaller)!;
    const args = ["--transaction-id", call.transactionId, "--start-fragment", startFragmentNumber, "--json"];
    const { stdout } = await record("--stream-arn", callerStream(call), ...args);
    assert.equal(JSON.parse(stdout).recordings[0].bounds.startFragmentNumber, startFragmentNumber);
  });

  it("exits 3 when a part of the media cannot be had, and keeps the rest", async () => {
    const call = await telephone.call(caller, callee);
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList" });
    const args = ["--transaction-id", call.transactionId, "--json"];
    const { exitCode, stdout, stderr } = await record("--stream-arn", callerStream(call), ...args);
    assert.equal(exitCode, 3);
    assert.match(stderr, /^error: 1 parts? of the media could not be had, see the sidecar\n$/);
    assert.equal(JSON.parse(stdout).recordings[0].complete, false);
  });

  it("exits 3 and says so when a part of the media has expired, and keeps the rest", async () => {
    await telephone.setRetention(1);
    // The call went on after two hours on hold.
    const holds = [{ atMs: 4_096, durationMs: 7_200_000 }];
    const { voiceConnectorId } = telephone;
    const wavs = { callerWav: wavOf(caller), calleeWav: wavOf(callee) };
    const call = await telephone.aws.control.call({ voiceConnectorId, ...wavs, holds, speed: "max" });
    const errorTags = { kind: "errorTags", api: "GetMediaForFragmentList", errorId: 4000 } as const;
    for (const sequence of [0, 1]) telephone.aws.control.addFault({ ...errorTags, sequence });
    const args = ["--stream-arn", callerStream(call), "--from", call.legs[0]!.startTime, "--json"];
    const { exitCode, stdout, stderr } = await record(...args);
    assert.equal(exitCode, 3, stderr);
    assert.match(
      stderr,
      /^error: 2 parts of the media could not be had \(2 of them expired before they were read\), see the sidecar\n$/,
    );
    const [one] = JSON.parse(stdout).recordings;
    assert.match(
      one.errors[0].message,
      /^the media has expired: Kinesis received it at \S+, and the stream keeps 1 h$/,
    );
    assert.equal(one.complete, false);
    assert.equal((await pcmOf(one.audio.location)).indexOf(caller.subarray(2 * 16_384, 4 * 16_384)), 0);
  });

  it("exits 4 and says so when all of the media has expired", async () => {
    const call = await telephone.call(caller, callee);
    telephone.aws.control.change({ retentionHourMs: 1 });
    const { exitCode, stderr } = await record("--stream-arn", callerStream(call));
    assert.equal(exitCode, 4);
    assert.match(stderr, /no media of any transaction was found .* more than 24 h ago has expired\n$/);
  });

  it("exits 4 at once when nothing matches", async () => {
    const call = await telephone.call(caller, callee);
    const args = ["--transaction-id", "nobody's", "--quiescence-seconds", "3600"];
    const { exitCode, stdout, stderr } = await record("--stream-arn", callerStream(call), ...args);
    assert.equal(exitCode, 4);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^error: no media of transaction nobody's was found in ChimeVoiceConnector-\S+; what was received more than 24 h ago has expired\n$/,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  const refusals: [title: string, fault: FaultInput, message: RegExp][] = [
    [
      "names the action that is denied",
      { kind: "deny", actions: ["kinesisvideo:ListFragments"] },
      /^error: AWS denied kinesisvideo:ListFragments in us-east-1: .*\n$/,
    ],
    [
      "names the throttle",
      { kind: "throttle", actions: ["kinesisvideo:GetMediaForFragmentList"] },
      /^error: AWS throttled kinesisvideo:GetMediaForFragmentList .*\n$/,
    ],
  ];
  for (const [title, fault, message] of refusals) {
    it(`exits 5 and ${title}`, async () => {
      const call = await telephone.call(caller, callee);
      telephone.aws.control.addFault(fault);
      const { exitCode, stderr } = await record("--stream-arn", callerStream(call));
      assert.equal(exitCode, 5);
      assert.match(stderr, message);
    });
  }

  it("exits 5 for a stream that does not exist, an endpoint that does not answer, and without credentials", async () => {
    const missing = await record("--stream-arn", STREAM);
    assert.equal(missing.exitCode, 5);
    assert.match(missing.stderr, /^error: kinesisvideo:DescribeStream .*\(ResourceNotFoundException\)/);

    const args = ["record", "--stream-arn", STREAM, "-o", folder];
    const unreachable = await runCommand(args, { ...process.env, AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
    assert.equal(unreachable.exitCode, 5);
    assert.match(unreachable.stderr, /^error: Cannot reach http:\/\/127\.0\.0\.1:9 for kinesisvideo:DescribeStream/);

    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...environment } = process.env;
    const anonymous = { ...environment, AWS_EC2_METADATA_DISABLED: "true", HOME: folder };
    const nobody = await runCommand(args, anonymous);
    assert.equal(nobody.exitCode, 5);
    assert.match(nobody.stderr, /^error: No AWS credentials for kinesisvideo:DescribeStream/);
  });

  it("says what to do with a stream that archives nothing, and records it with --live", async () => {
    await telephone.setRetention(0);
    const call = await telephone.call(caller, callee);
    const archive = await record("--stream-arn", callerStream(call), "--archive");
    assert.equal(archive.exitCode, 1);
    assert.match(archive.stderr, /^error: .*data retention of 0 hours.*--live.*dataRetentionInHours/);

    const { startTime } = call.legs.find(({ isCaller }) => isCaller)!;
    const live = await record("--stream-arn", callerStream(call), "--live", "--from", startTime, "--json");
    assert.equal(live.exitCode, 0, live.stderr);
    const [one] = JSON.parse(live.stdout).recordings;
    assert.deepEqual(await pcmOf(one.audio.location), caller);
    assert.equal(one.reader, "live");
    assert.equal(one.complete, false);
  });

  it("keeps what was spoken when a live recording is interrupted", async () => {
    await telephone.setRetention(0);
    // Longer than a fragment takes, as with the service: else every connection ends before its first one.
    telephone.aws.control.change({ getMediaIdleEndMs: 1_000 });
    const call = telephone.startCall(speech(1, 3_600_000), speech(2, 1_000), 10);
    while (!call.result().legs.some((leg) => leg.isCaller)) await new Promise((resolve) => setTimeout(resolve, 10));
    const { streamArn } = call.result().legs.find((leg) => leg.isCaller)!;
    const args = ["record", "--live", "--stream-arn", streamArn, "-o", folder, "--quiescence-seconds", "5", "--json"];
    const command = startCommand(args);
    const result = resultOf(command);
    while (!(await readdir(folder)).some((name) => name.endsWith(".part")))
      await new Promise((resolve) => setTimeout(resolve, 10));
    command.kill("SIGINT");
    const { exitCode, stdout, stderr } = await result;
    await call.hangUp();
    assert.equal(exitCode, 0, stderr);
    assert.equal(JSON.parse(stdout).recordings[0].transactionId, call.ids.transactionId);
    assert(JSON.parse(stdout).recordings[0].samples > 0);
  });

  it("leaves nothing behind when it is interrupted while it reads the archive", async () => {
    const call = await telephone.call(caller, callee);
    telephone.aws.control.change({ archiveFragmentsPerSecond: 5 });
    const stream = ["--stream-arn", callerStream(call), "--transaction-id", call.transactionId];
    const command = startCommand(["record", ...stream, "-o", folder]);
    const result = resultOf(command);
    while (!(await readdir(folder)).some((name) => name.endsWith(".part")))
      await new Promise((resolve) => setTimeout(resolve, 10));
    command.kill("SIGINT");
    const { exitCode, stderr } = await result;
    assert.equal(exitCode, 1);
    assert.equal(stderr, "error: interrupted by SIGINT, nothing more was recorded\n");
    assert.deepEqual(await readdir(folder), []);
  });

  it("writes to S3, and says where a bucket is missing", async () => {
    const call = await telephone.call(caller, callee);
    const s3 = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "recordings" }));
    const args = ["record", "--stream-arn", callerStream(call), "--quiescence-seconds", "0.2", "--json", "-o"];
    const { exitCode, stdout, stderr } = await runCommand([...args, "s3://recordings/calls"]);
    assert.equal(exitCode, 0, stderr);
    const [one] = JSON.parse(stdout).recordings;
    assert.match(one.audio.location, /^s3:\/\/recordings\/calls\/[^/]+\.wav$/);
    const Key = one.audio.location.replace("s3://recordings/", "");
    const object = await s3.send(new GetObjectCommand({ Bucket: "recordings", Key }));
    assert.deepEqual(Buffer.from(await object.Body!.transformToByteArray()), wavOf(caller));
    s3.destroy();

    const nowhere = await runCommand([...args, "s3://nowhere/calls"]);
    assert.equal(nowhere.exitCode, 5);
    assert.match(nowhere.stderr, /^error: s3:\w+ .*NoSuchBucket/);
  });

  for (const [title, args, message] of [
    ["no stream", [], /--stream-arn/],
    ["an empty transaction id", ["--stream-arn", STREAM, "--transaction-id", ""], /must not be empty/],
    ["the ARN of something else", ["--stream-arn", "arn:aws:s3:::bucket"], /must be arn:aws:kinesisvideo/],
    ["--live with --archive", ["--stream-arn", STREAM, "--live", "--archive"], /cannot be used with/],
    ["a time without a zone", ["--stream-arn", STREAM, "--from", "2026-01-31T12:00:00"], /ISO 8601/],
    ["an empty range", ["--stream-arn", STREAM, "--from", "2026-01-31T12:00Z", "--to", "2026-01-31T11:00Z"], /before/],
    ["a fragment number that is none", ["--stream-arn", STREAM, "--start-fragment", "x"], /decimal/],
    ["an S3 URL that is none", ["--stream-arn", STREAM, "-o", "s3://"], /s3:\/\/bucket\/prefix/],
  ] as const) {
    it(`exits 2 for ${title}`, async () => {
      const { exitCode, stderr } = await runCommand(["record", ...args]);
      assert.equal(exitCode, 2);
      assert.match(stderr, /^error: /);
      assert.match(stderr, message);
    });
  }
});
