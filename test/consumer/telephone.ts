import { readFile } from "node:fs/promises";
import {
  ChimeSDKVoiceClient,
  CreateVoiceConnectorCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { type KinesisVideoAccess, openKinesisVideo } from "../../consumer/kinesis-video/kinesis-video-access.js";
import { type CallHold, type LocalAws, type LocalAwsOptions, startLocalAws } from "../../local-aws/index.js";
import { wavOf } from "../wav-of.js";

const REGION = "us-east-1";

/** Speech that is not the same anywhere: every sample follows from the seed and its position. */
export function speech(seed: number, durationMs: number): Buffer {
  const pcm = Buffer.alloc(durationMs * 16);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let at = 0; at < pcm.length; at += 2) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pcm.writeInt16LE((state >>> 16) - 32768, at);
  }
  return pcm;
}

export type Telephone = Awaited<ReturnType<typeof startTelephone>>;

/**
 * An account with one Voice Connector that streams, in the environment of this process until `close`. Kinesis is as
 * fast as the machine; what a test is about, it sets.
 */
export async function startTelephone(
  options: { dataRetentionInHours?: number; settings?: LocalAwsOptions["settings"] } = {},
) {
  const settings = {
    getMediaIdleEndMs: 30,
    getMediaFragmentsPerSecond: 0,
    archiveFragmentsPerSecond: 0,
    getMediaCallsPerSecond: 0,
    dataEndpointCallsPerSecond: 0,
    ...options.settings,
  };
  const aws: LocalAws = await startLocalAws({ settings });
  const before = { ...process.env };
  Object.assign(process.env, aws.env);

  const chime = new ChimeSDKVoiceClient({ region: REGION });
  const created = await chime.send(new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: false }));
  const voiceConnectorId = created.VoiceConnector!.VoiceConnectorId!;
  const setRetention = (DataRetentionInHours: number) =>
    chime.send(
      new PutVoiceConnectorStreamingConfigurationCommand({
        VoiceConnectorId: voiceConnectorId,
        StreamingConfiguration: { DataRetentionInHours, Disabled: false },
      }),
    );
  await setRetention(options.dataRetentionInHours ?? 24);

  const access: KinesisVideoAccess = openKinesisVideo({
    retry: { baseMs: 2, maxMs: 20 },
    fragmentsPerSecond: Number.POSITIVE_INFINITY,
  });

  return {
    aws,
    access,
    region: REGION,
    voiceConnectorId,
    setRetention,
    /** Plays a call to its end, at once unless a speed is given. */
    call: (caller: Uint8Array, callee: Uint8Array, speed: number | "max" = "max") =>
      aws.control.call({ voiceConnectorId, callerWav: wavOf(caller), calleeWav: wavOf(callee), speed }),
    startCall: (
      caller: Uint8Array,
      callee: Uint8Array,
      speed: number | "max" = "max",
      holds: readonly CallHold[] = [],
    ) => aws.control.startCall({ voiceConnectorId, callerWav: wavOf(caller), calleeWav: wavOf(callee), speed, holds }),
    async close(): Promise<void> {
      access.clients.destroy();
      chime.destroy();
      for (const name of Object.keys(aws.env)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
      await aws.close();
    },
  };
}

/** The samples of a recording. */
export async function pcmOf(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  const dataAt = bytes.indexOf("data", 12, "latin1");
  return bytes.subarray(dataAt + 8, dataAt + 8 + bytes.readUInt32LE(dataAt + 4));
}
