import { randomUUID } from "node:crypto";
import { parseStreamArn } from "../../consumer/events/stream-arn.js";
import { recordingName } from "../../consumer/recordings/recording-name.js";
import type { RecordingStore } from "../../consumer/recordings/recording-store.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";

export const TRANSACTION = "5a8d8a1e-1c61-4d4a-9d0a-000000000001";
export const CALL_START_MS = Date.parse("2026-01-31T12:00:00.000Z");

export interface RecordedLeg {
  pcm: Buffer;
  /** After the call's start; undefined: its media has no time. Default 0. */
  atMs?: number | undefined;
  /** Of which stream, by number or ARN, and which fragments. Default 1, and 1 to 9. */
  stream?: number | string;
  fragments?: [first: number | bigint, last: number | bigint];
  sampleRateHz?: number;
  more?: Partial<Sidecar>;
}

/** A leg's recording as a worker leaves it. @returns its sidecar */
export async function putLeg(store: RecordingStore, leg: RecordedLeg): Promise<Sidecar> {
  const { pcm, fragments = [1, 9], sampleRateHz = 8_000, more = {} } = leg;
  const transactionId = more.transactionId ?? TRANSACTION;
  const { stream: named = 1 } = leg;
  const arn = typeof named === "string" ? named : `arn:aws:kinesisvideo:us-east-1:123456789012:stream/leg-${named}/1`;
  const stream = parseStreamArn(arn)!;
  const [first, last] = fragments.map(String);
  const name = recordingName({ transactionId, stream, firstFragmentNumber: first });
  const found = await store.find(name);
  const sink = await store.openAudio(sampleRateHz);
  await sink.write(pcm);
  const { location, bytes, sha256 } = await sink.commit(name);
  await sink.abort();
  const startMs = "atMs" in leg ? leg.atMs : 0;
  const isoOf = (ms: number) => new Date(CALL_START_MS + ms).toISOString();
  const durationMs = (pcm.length * 500) / sampleRateHz;
  const sidecar: Sidecar = {
    version: 1,
    recordingId: randomUUID(),
    package: { name: "pulumi-chime-voice-streaming", version: "0.0.0" },
    transactionId,
    streamArn: stream.arn,
    bounds: { startFragmentNumber: first, endFragmentNumber: last },
    fragments: { received: 1, replayed: 0, unattributed: 0, first, last },
    gaps: [],
    clockSteps: [],
    errors: [],
    audio: { location, format: "wav", sampleRateHz, channels: 1, bitsPerSample: 16, bytes },
    samples: pcm.length / 2,
    silenceSamples: 0,
    durationMs,
    driftMs: 0,
    sha256,
    endProof: "endedEvent",
    complete: true,
    boundaryUncertain: false,
    ...(startMs !== undefined && { mediaStartTime: isoOf(startMs), mediaEndTime: isoOf(startMs + durationMs) }),
    recordedTime: isoOf(0),
    reader: "archive",
    ...more,
  };
  await store.putSidecar(name, sidecar, found.version);
  if (found.sidecar && found.sidecar.audio.location !== location) {
    await store.removeAudio(name, found.sidecar.audio.location);
  }
  return sidecar;
}
