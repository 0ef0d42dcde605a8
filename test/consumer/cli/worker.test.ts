import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { wavOf } from "../../wav-of.js";
import { channel, channelsOf, silence } from "../stereo-audio.js";
import { pcmOf, speech, startTelephone, type Telephone } from "../telephone.js";
import { resultOf, runCommand, startCommand } from "./command-process.js";

describe("worker", function () {
  this.timeout(30_000);
  let telephone: Telephone;
  let sqs: SQSClient;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  beforeEach(async () => {
    telephone = await startTelephone();
    sqs = new SQSClient({ region: "us-east-1" });
    folder = await mkdtemp(join(tmpdir(), "worker-"));
    environment = {
      ...process.env,
      OUTPUT: folder,
      WAIT_TIME_SECONDS: "1",
      QUIESCENCE_SECONDS: "0.2",
      RETRY_DELAY_SECONDS: "0",
    };
  });

  afterEach(async () => {
    sqs.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  async function messages(): Promise<{ visible: number; hidden: number }> {
    const QueueUrl = telephone.aws.env.QUEUE_URL;
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    return {
      visible: Number(Attributes!.ApproximateNumberOfMessages),
      hidden: Number(Attributes!.ApproximateNumberOfMessagesNotVisible),
    };
  }

  /** Resolves when the worker has begun to write a recording. */
  async function recordingBegun(): Promise<void> {
    while (!(await readdir(folder)).some((name) => name.endsWith(".part")))
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async function line(worker: ChildProcess): Promise<string> {
    const [text] = await once(createInterface({ input: worker.stdout! }), "line");
    return text;
  }

  it("prints a line for every recorded leg, and ends when nothing is left", async () => {
    const call = await telephone.call(caller, callee);
    const { exitCode, stdout, stderr } = await runCommand(["worker"], { ...environment, EXIT_WHEN_EMPTY: "true" });
    assert.equal(exitCode, 0, stderr);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    assert.equal(lines.length, 2);
    for (const recorded of lines) {
      assert.equal(recorded.transactionId, call.transactionId);
      assert.equal(recorded.complete, true);
      assert.deepEqual(await pcmOf(recorded.audio.location), recorded.isCaller ? caller : callee);
    }
    for (const text of stderr.trimEnd().split("\n")) assert.equal(typeof JSON.parse(text).msg, "string");
    assert.deepEqual(await messages(), { visible: 0, hidden: 0 });
  });

  it("counts what it does, and prints no number that it writes into sidecars", async () => {
    const numbers = { fromNumber: "+12065550142", toNumber: "+13605550187" };
    const { voiceConnectorId } = telephone;
    const callerWav = wavOf(caller);
    const calleeWav = wavOf(callee);
    await telephone.aws.control.call({ voiceConnectorId, callerWav, calleeWav, speed: "max", ...numbers });
    const QueueUrl = telephone.aws.env.QUEUE_URL;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
    const { exitCode, stdout, stderr } = await runCommand(["worker"], {
      ...environment,
      EXIT_WHEN_EMPTY: "true",
      METRICS_NAMESPACE: "CallAudio",
      INCLUDE_NUMBERS: "true",
    });
    assert.equal(exitCode, 0, stderr);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    const counted = Object.assign({}, ...lines.filter((each) => "_aws" in each));
    const { EventsStarted, EventsEnded, EventsRefused, LegsRecorded, LegsIncomplete, Region } = counted;
    assert.deepEqual(
      { EventsStarted, EventsEnded, EventsRefused, LegsRecorded, LegsIncomplete, Region },
      {
        EventsStarted: 2,
        EventsEnded: 2,
        EventsRefused: 1,
        LegsRecorded: 2,
        LegsIncomplete: undefined,
        Region: "us-east-1",
      },
    );
    const [recorded] = lines.filter((each) => "sidecarLocation" in each);
    const { fromNumber, toNumber } = JSON.parse(await readFile(recorded.sidecarLocation, "utf8"));
    assert.deepEqual({ fromNumber, toNumber }, numbers);
    assert.doesNotMatch(stdout + stderr, /2065550142|3605550187/);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`stops on ${signal} while it waits, with exit code 0`, async () => {
      const worker = startCommand(["worker"], { ...environment, WAIT_TIME_SECONDS: "2" });
      const result = resultOf(worker);
      await once(worker.stderr!, "data");
      worker.kill(signal);
      assert.equal((await result).exitCode, 0);
    });
  }

  it("finishes on SIGTERM what it records", async () => {
    telephone.aws.control.change({ archiveFragmentsPerSecond: 20 });
    await telephone.call(caller, callee);
    const worker = startCommand(["worker"], environment);
    const result = resultOf(worker);
    await recordingBegun();
    worker.kill("SIGTERM");
    const { exitCode, stdout } = await result;
    assert.equal(exitCode, 0);
    assert(stdout.trimEnd().split("\n").length >= 1);
    const { visible, hidden } = await messages();
    assert.equal(hidden, 0);
    assert.equal(visible, 2 - stdout.trimEnd().split("\n").length);
  });

  it("is told to stop again and again, and still finishes what it records", async () => {
    telephone.aws.control.change({ archiveFragmentsPerSecond: 20 });
    await telephone.call(caller, callee);
    const worker = startCommand(["worker"], environment);
    const result = resultOf(worker);
    await recordingBegun();
    // Not to the very end: Node itself lets go of its signals before the process is gone.
    worker.kill("SIGTERM");
    const telling = setInterval(() => worker.kill("SIGTERM"), 20);
    worker.stdout!.once("data", () => clearInterval(telling));
    const { exitCode } = await result.finally(() => clearInterval(telling));
    assert.equal(exitCode, 0);
    const { visible, hidden } = await messages();
    assert(visible < 2 && hidden === 0);
  });

  it("removes, where it has a place of its own for it, the audio that a killed one left there", async () => {
    const spools = await mkdtemp(join(folder, "spools-"));
    const ended = startCommand(["worker", "--help"]);
    await resultOf(ended);
    const left = `chime-voice-streaming-${ended.pid}-${randomUUID()}.wav`;
    await writeFile(join(spools, left), "audio");
    const { exitCode } = await runCommand(["worker"], {
      ...environment,
      SPOOL_DIRECTORY: spools,
      EXIT_WHEN_EMPTY: "true",
    });
    assert.deepEqual([exitCode, await readdir(spools)], [0, []]);
  });

  it("hands back on SIGTERM what it cannot finish, and leaves nothing behind", async () => {
    telephone.aws.control.change({ archiveFragmentsPerSecond: 1 });
    await telephone.call(caller, callee);
    const worker = startCommand(["worker"], { ...environment, SHUTDOWN_GRACE_SECONDS: "0" });
    const result = resultOf(worker);
    await recordingBegun();
    worker.kill("SIGTERM");
    const { exitCode, stdout } = await result;
    assert.equal(exitCode, 0);
    assert.equal(stdout, "");
    assert.deepEqual(await readdir(folder), []);
    assert.equal((await messages()).hidden, 0);
    assert((await messages()).visible >= 2);
  });

  it("loses nothing when it is killed: another worker records the leg from its first fragment", async () => {
    telephone.aws.control.change({ archiveFragmentsPerSecond: 5 });
    await telephone.call(caller, callee);
    const killed = startCommand(["worker"], { ...environment, VISIBILITY_TIMEOUT_SECONDS: "3" });
    const result = resultOf(killed);
    await recordingBegun();
    killed.kill("SIGKILL");
    await result;
    assert((await readdir(folder)).every((name) => name.startsWith(".")));

    telephone.aws.control.change({ archiveFragmentsPerSecond: 0 });
    const second = startCommand(["worker"], environment);
    const lines = createInterface({ input: second.stdout! });
    const locations: string[] = [];
    for await (const text of lines) {
      const { complete, isCaller, audio } = JSON.parse(text);
      assert.equal(complete, true);
      assert.deepEqual(await pcmOf(audio.location), isCaller ? caller : callee);
      if (locations.push(audio.location) === 2) second.kill("SIGTERM");
    }
    assert.equal(locations.length, 2);
  });

  it("leaves a call to be mixed by the next worker where it is killed before it has", async () => {
    const { transactionId } = await telephone.call(caller, callee);
    const killed = startCommand(["worker"], { ...environment, VISIBILITY_TIMEOUT_SECONDS: "3" });
    const result = resultOf(killed);
    const sidecars = async () => (await readdir(folder)).filter((name) => name.endsWith(".json") && name[0] !== ".");
    while ((await sidecars()).length < 2) await new Promise((resolve) => setImmediate(resolve));
    killed.kill("SIGKILL");
    await result;

    const { exitCode } = await runCommand(["worker"], {
      ...environment,
      EXIT_WHEN_EMPTY: "true",
      WAIT_TIME_SECONDS: "5",
    });
    assert.equal(exitCode, 0);
    const call = JSON.parse(await readFile(join(folder, `${transactionId}_call.json`), "utf8"));
    assert.deepEqual([call.complete, call.legs.length], [true, 2]);
    const { left, right } = await channelsOf(call.audio.location);
    assert(left.equals(channel(10_755, caller)));
    assert(right.equals(channel(10_755, silence(1_755), callee)));
    assert.deepEqual(await messages(), { visible: 0, hidden: 0 });
  });

  it("records a call while it is spoken", async () => {
    const worker = startCommand(["worker"], { ...environment, MODE: "live" });
    const first = line(worker);
    // It must not come too late for the call: its first log line says that it takes messages.
    await once(createInterface({ input: worker.stderr! }), "line");
    const call = telephone.startCall(speech(1, 5_000), speech(2, 20_000), 5);
    const recorded = JSON.parse(await first);
    assert.equal(recorded.transactionId, call.ids.transactionId);
    assert.equal(recorded.reader, "live");
    assert.deepEqual(await pcmOf(recorded.audio.location), speech(1, 5_000));
    worker.kill("SIGTERM");
    await Promise.all([once(worker, "exit"), call.hangUp()]);
  });

  it("exits 2 and names every fault of its configuration", async () => {
    const { QUEUE_URL: _, ...without } = environment;
    const { exitCode, stdout, stderr } = await runCommand(["worker"], { ...without, MODE: "both" });
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: QUEUE_URL .*MODE .*\n$/);
  });

  it("exits 2 where the queue has no dead-letter queue", async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "lonely" }));
    const { exitCode, stderr } = await runCommand(["worker"], { ...environment, QUEUE_URL: QueueUrl });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error: the queue \S+ has no dead-letter queue/);
  });

  it("exits 5 where the queue does not exist, or may not be read", async () => {
    const QUEUE_URL = `${telephone.aws.env.QUEUE_URL}-of-nobody`;
    const missing = await runCommand(["worker"], { ...environment, QUEUE_URL });
    assert.equal(missing.exitCode, 5);
    assert.match(missing.stderr, /^error: sqs:GetQueueAttributes/);
    telephone.aws.control.addFault({ kind: "deny", actions: ["sqs:GetQueueAttributes"] });
    const denied = await runCommand(["worker"], environment);
    assert.equal(denied.exitCode, 5);
    assert.match(denied.stderr, /^error: AWS denied sqs:GetQueueAttributes/);
  });
});
