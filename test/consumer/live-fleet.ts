import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { CallSidecar } from "../../consumer/recordings/call-sidecar.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import { systemClock } from "../../local-aws/clock.js";
import type { PhoneCall } from "../../local-aws/phone-call.js";
import { startMinistack } from "../ministack.js";
import { startCommand } from "./cli/command-process.js";
import { channelsIn } from "./stereo-audio.js";
import { speech, startTelephone } from "./telephone.js";

const BUCKET = "recordings";

export type Fleet = Awaited<ReturnType<typeof openFleet>>;
export type FleetWorker = ReturnType<Fleet["startWorker"]>;

/** A call that is being spoken, and what is said in it. */
export interface SpokenCall {
  call: PhoneCall;
  caller: Buffer;
  callee: Buffer;
}

/**
 * Workers as processes of their own, with one queue and one bucket at ministack; Chime and Kinesis Video are local-aws, with the
 * limits of the services. What EventBridge would do, carrying events into the queue, is done here.
 */
export async function openFleet(context: Mocha.Context) {
  const ministack = await startMinistack(context);
  const telephone = await startTelephone({
    settings: { getMediaIdleEndMs: 1_000, getMediaFragmentsPerSecond: 5, archiveFragmentsPerSecond: 500 },
  });
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = ministack.env;
  const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
  const at = { endpoint: ministack.endpoint, region: "us-east-1", credentials };
  const sqs = new SQSClient(at);
  const s3 = new S3Client({ ...at, forcePathStyle: true });
  const chimeQueue = new SQSClient({ region: "us-east-1" });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const closing = new AbortController();
  const workers = new Set<{ kill(signal: NodeJS.Signals): void; ended: Promise<unknown> }>();
  let queueUrl = "";
  let deadLetterUrl = "";
  let prefix = "";
  let seed = 0;

  async function carryEvents(): Promise<void> {
    const QueueUrl = telephone.aws.env.QUEUE_URL;
    while (!closing.signal.aborted) {
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
      const { Messages = [] } = await chimeQueue.send(receive, { abortSignal: closing.signal });
      await Promise.all(
        Messages.map(async ({ Body: MessageBody, ReceiptHandle }) => {
          await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
          await chimeQueue.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }),
      );
    }
  }

  async function countMessages(url: string, client = sqs): Promise<number> {
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } = Attributes!;
    return Number(visible) + Number(inFlight) + Number(Attributes!.ApproximateNumberOfMessagesDelayed ?? 0);
  }

  async function keys(): Promise<string[]> {
    const { Contents = [], IsTruncated } = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${prefix}/` }),
    );
    assert.equal(IsTruncated ?? false, false);
    return Contents.map(({ Key }) => Key!.slice(prefix.length + 1));
  }

  async function bytesOf(location: string): Promise<Buffer> {
    const Key = location.slice(`s3://${BUCKET}/`.length);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    return Buffer.from(await Body!.transformToByteArray());
  }

  const documentOf = async (name: string) =>
    JSON.parse((await bytesOf(`s3://${BUCKET}/${prefix}/${name}`)).toString("utf8"));

  const carrying = carryEvents().catch((error) => {
    if (!closing.signal.aborted) throw error;
  });

  return {
    telephone,
    /** A queue and a place in the bucket of its own, for a test. */
    async begin(): Promise<void> {
      const name = `run-${++seed}`;
      const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead` }));
      const of = { QueueUrl: dead.QueueUrl, AttributeNames: ["QueueArn" as const] };
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand(of));
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: 4 });
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }));
      deadLetterUrl = dead.QueueUrl!;
      queueUrl = QueueUrl!;
      prefix = name;
    },
    startWorker(overrides: NodeJS.ProcessEnv = {}) {
      const child = startCommand(["worker"], {
        ...process.env,
        ...ministack.env,
        AWS_ENDPOINT_URL_KINESIS_VIDEO: telephone.aws.endpoint,
        MODE: "live",
        QUEUE_URL: queueUrl,
        OUTPUT: `s3://${BUCKET}/${prefix}`,
        WAIT_TIME_SECONDS: "2",
        RETRY_DELAY_SECONDS: "1",
        ENDED_MARK_SECONDS: "1",
        // Nobody who is not told of the end gives up within the test.
        HOLD_LIMIT_SECONDS: "3600",
        ...overrides,
      });
      const recorded: Sidecar[] = [];
      const log: Record<string, unknown>[] = [];
      createInterface({ input: child.stdout! }).on("line", (text) => recorded.push(JSON.parse(text)));
      const lines = createInterface({ input: child.stderr! });
      lines.on("line", (text) => log.push(JSON.parse(text)));
      const ended = once(child, "close").then(([exitCode]) => exitCode as number | null);
      const worker = {
        recorded,
        log,
        said: (message: string) => log.filter(({ msg }) => msg === message),
        /** Resolves when the log has so many lines with this message. */
        async says(message: string, times = 1): Promise<void> {
          while (worker.said(message).length < times) {
            assert.equal(child.exitCode ?? child.signalCode, null, `the worker ended before it said "${message}"`);
            await once(lines, "line");
          }
        },
        kill: (signal: NodeJS.Signals) => void child.kill(signal),
        /** The exit code; null where a signal ended it. */
        ended,
      };
      workers.add(worker);
      return worker;
    },
    /** Calls that last so long, in which nobody says the same. */
    startCalls(count: number, durationMs: number, speed: number): SpokenCall[] {
      return Array.from({ length: count }, () => {
        const caller = speech(++seed, durationMs);
        const callee = speech(++seed, durationMs - 700);
        return { call: telephone.startCall(caller, callee, speed), caller, callee };
      });
    },
    /** All of the calls are in the bucket as they were spoken, and nothing else is: no message, no mark, no other file. */
    async assertRecorded(calls: readonly SpokenCall[]): Promise<Sidecar[]> {
      await Promise.all(calls.map(({ call }) => call.ended));
      const isWaited = async () =>
        (await countMessages(queueUrl)) > 0 || (await countMessages(telephone.aws.env.QUEUE_URL!, chimeQueue)) > 0;
      // Bounded by the test's time.
      while (await isWaited()) await systemClock.wait(100, closing.signal);
      assert.equal(await countMessages(deadLetterUrl), 0);
      const found = await keys();
      assert.deepEqual(
        found.filter((key) => key.startsWith("marks/")),
        [],
      );
      assert.equal(found.length, calls.length * 6);
      const sidecars: Sidecar[] = [];
      for (const { call, caller, callee } of calls) {
        const { transactionId } = call.ids;
        const names = found.filter((key) => key.startsWith(`${transactionId}_`) && key.endsWith(".json"));
        assert.equal(names.length, 3);
        for (const name of names.filter((key) => !key.endsWith("_call.json"))) {
          const sidecar: Sidecar = await documentOf(name);
          assert.deepEqual([sidecar.complete, sidecar.endProof, sidecar.errors], [true, "endedEvent", []]);
          const spoken = sidecar.isCaller ? caller : callee;
          const wav = await bytesOf(sidecar.audio.location);
          assert(
            wav.subarray(-spoken.length).equals(spoken) && wav.length === 44 + spoken.length,
            "not what was spoken",
          );
          sidecars.push(sidecar);
        }
        const mixed: CallSidecar = await documentOf(`${transactionId}_call.json`);
        const { left, right } = channelsIn(await bytesOf(mixed.audio.location));
        assert(mixed.complete && left.includes(caller) && right.includes(callee), "the call was mixed otherwise");
      }
      return sidecars;
    },
    /** Ends every worker. */
    async endWorkers(): Promise<void> {
      for (const worker of workers) worker.kill("SIGKILL");
      await Promise.all([...workers].map(({ ended }) => ended));
      workers.clear();
    },
    async close(): Promise<void> {
      await this.endWorkers();
      closing.abort();
      await carrying;
      for (const client of [sqs, s3, chimeQueue]) client.destroy();
      await telephone.close();
      await ministack.stop();
    },
  };
}
