import assert from "node:assert/strict";
import { ChimeSDKVoiceClient } from "@aws-sdk/client-chime-sdk-voice";
import { IAMClient } from "@aws-sdk/client-iam";
import { KinesisVideoClient } from "@aws-sdk/client-kinesis-video";
import { KinesisVideoArchivedMediaClient } from "@aws-sdk/client-kinesis-video-archived-media";
import { KinesisVideoMediaClient } from "@aws-sdk/client-kinesis-video-media";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import type { LocalAws } from "../../local-aws/index.js";

/** SDK clients of one region that speak to local-aws and never retry. */
export function clientsOf({ endpoint }: Pick<LocalAws, "endpoint">, region = "us-east-1") {
  const config = {
    region,
    endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: "AKIATEST000000000000", secretAccessKey: "secret" },
  };
  return {
    chime: new ChimeSDKVoiceClient(config),
    iam: new IAMClient(config),
    sts: new STSClient(config),
    kinesisVideo: new KinesisVideoClient(config),
    media: new KinesisVideoMediaClient(config),
    archive: new KinesisVideoArchivedMediaClient(config),
    sqs: new SQSClient(config),
    s3: new S3Client(config),
  };
}

export interface SdkFailure {
  name: string;
  message: string;
  $metadata: { httpStatusCode?: number };
}

/** The error that a call ends in. */
export async function failureOf(call: Promise<unknown>): Promise<SdkFailure> {
  try {
    await call;
  } catch (error) {
    return error as SdkFailure;
  }
  return assert.fail("the call succeeded");
}
