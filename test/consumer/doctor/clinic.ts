import {
  ChimeSDKVoiceClient,
  PutVoiceConnectorStreamingConfigurationCommand,
  type StreamingConfiguration,
  TagResourceCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient, TagQueueCommand } from "@aws-sdk/client-sqs";
import { type ExamineOptions, examine } from "../../../consumer/doctor/examine.js";
import type { FindingCode } from "../../../consumer/doctor/finding-codes.js";
import { packageVersion } from "../../../consumer/package-version.js";
import { type LocalAws, type LocalAwsOptions, startLocalAws } from "../../../local-aws/index.js";
import { wavOf } from "../../wav-of.js";
import { speech } from "../telephone.js";

export const REGION = "eu-central-1";
export const BUCKET = "doctor-recordings";

export type Clinic = Awaited<ReturnType<typeof openClinic>>;

/** An account that is examined, in the environment of this process until `close`. */
export async function openClinic(settings: LocalAwsOptions["settings"] = {}) {
  const aws: LocalAws = await startLocalAws({ settings: { chimeCallsPerSecond: 0, ...settings } });
  const before = { ...process.env };
  Object.assign(process.env, aws.env);
  const chime = new ChimeSDKVoiceClient({ region: REGION });
  const sqs = new SQSClient({ region: REGION });

  async function configure(id: string, configuration: Partial<StreamingConfiguration> = {}): Promise<void> {
    await chime.send(
      new PutVoiceConnectorStreamingConfigurationCommand({
        VoiceConnectorId: id,
        StreamingConfiguration: {
          DataRetentionInHours: 24,
          Disabled: false,
          StreamingNotificationTargets: [{ NotificationTarget: "EventBridge" }],
          ...configuration,
        },
      }),
    );
  }

  return {
    aws,
    sqs,
    configure,
    /** A connector that streams. */
    async stream(configuration: Partial<StreamingConfiguration> = {}, name = "office"): Promise<string> {
      const { id } = aws.control.createVoiceConnector(REGION, name);
      await configure(id, configuration);
      return id;
    },
    /** A connector that a stack manages. */
    async mark(voiceConnectorId: string, stack: string, name: string): Promise<void> {
      const tags = { "pulumi-chime-voice-streaming:stack": stack, "pulumi-chime-voice-streaming:name": name };
      await chime.send(
        new TagResourceCommand({
          ResourceARN: `arn:aws:chime:${REGION}:123456789012:vc/${voiceConnectorId}`,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
    },
    call: (voiceConnectorId: string) =>
      aws.control.call({
        voiceConnectorId,
        callerWav: wavOf(speech(1, 2_000)),
        calleeWav: wavOf(speech(2, 2_000)),
        speed: "max",
      }),
    /** What CallAudioConsumer makes, as far as doctor looks at it. */
    async deployConsumer({ version = packageVersion().version, mode = "archive" } = {}): Promise<string> {
      const name = `calls-prod-recorder-${REGION}`;
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-events` }));
      await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead-letters` }));
      const RedrivePolicy = JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:${REGION}:123456789012:${name}-dead-letters`,
        maxReceiveCount: 30,
      });
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
      const Tags = {
        "chime-voice-streaming:consumer": "recorder",
        "chime-voice-streaming:deployed": `${version} ${mode}`,
        "chime-voice-streaming:recordings": `s3://${BUCKET}/calls`,
      };
      await sqs.send(new TagQueueCommand({ QueueUrl, Tags }));
      const s3 = new S3Client({ region: REGION, forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
      for (const Key of ["calls/one.json", "calls/one.wav", "calls/marks/started/two.json"]) {
        await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "{}" }));
      }
      return QueueUrl!;
    },
    examine: (options: ExamineOptions = {}) => examine({ regions: [REGION], ...options }),
    /** Codes of what is not well, with where it is so. */
    async complaints(options: ExamineOptions = {}): Promise<Partial<Record<FindingCode, string[]>>> {
      const { findings } = await examine({ regions: [REGION], ...options });
      return Object.fromEntries(findings.filter(({ level }) => level !== "ok").map(({ code, where }) => [code, where]));
    },
    async close(): Promise<void> {
      for (const name of Object.keys(aws.env)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
      await aws.close();
    },
  };
}
