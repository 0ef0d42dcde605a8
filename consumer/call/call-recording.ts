import { MOST_RIFF_DATA_BYTES, rf64Header, riffHeader } from "../audio/wav-header.js";
import { packageVersion } from "../package-version.js";
import { audioNameOfCall, type CallSidecar } from "../recordings/call-sidecar.js";
import { findLegRecordings } from "../recordings/leg-recordings.js";
import { callName } from "../recordings/recording-name.js";
import { AudioMissing, RecordingChanged, type RecordingStore } from "../recordings/recording-store.js";
import type { CommittedAudio } from "../sinks/audio-sink.js";
import { CallNotMixable, type CallPlan, planCall } from "./call-plan.js";
import { RecordingDamaged } from "./recorded-samples.js";
import { mixStereo } from "./stereo-mix.js";

export type CallOutcome =
  | { kind: "mixed"; sidecar: CallSidecar; sidecarLocation: string }
  /** It had been made of these very recordings. */
  | { kind: "current"; sidecar: CallSidecar; sidecarLocation: string }
  /** One leg is there, which was not to be enough. */
  | { kind: "oneLeg" }
  /** There is nothing to mix, or it cannot be put on one time axis. */
  | { kind: "notMixed"; reason: string };

export interface CallRecordingOptions {
  store: RecordingStore;
  /** Whether one leg is enough: the other channel is silent then. Default true. Where there is a call already it is kept up to date. */
  takesOneLeg?: boolean;
  /** Ends the mixing: nothing more is written. */
  signal?: AbortSignal;
  /** Samples beyond this many bytes make the file RF64. Default: as many as RIFF can count; less only serves tests. */
  mostRiffDataBytes?: number;
}

/** How often recordings of one call may change while it is mixed. */
const MAX_ROUNDS = 8;
const CHANNELS = 2;

/**
 * Makes a call's stereo audio and its sidecar out of the recordings of its legs that are there, unless that has been done. To be called
 * whenever one of them was recorded: however many do it at a time, and whichever of them dies, the last one leaves a call that is made of
 * all recordings there are.
 *
 * Throws `RecordingDamaged`, `TooManyRecordings`, and what the store throws.
 */
export async function recordCall(transactionId: string, options: CallRecordingOptions): Promise<CallOutcome> {
  const { store } = options;
  const name = callName(transactionId);
  const sidecarLocation = store.sidecarLocation(name);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    options.signal?.throwIfAborted();
    // In this order: of a call that somebody else makes after this, with recordings that come after this, the version is another one.
    const { sidecar: existing, version } = await store.findCall(name);
    const recordings = await findLegRecordings(store, transactionId);
    if (recordings.length === 0) return { kind: "notMixed", reason: "none of its legs is recorded" };
    const plan = planned(transactionId, recordings);
    if ("reason" in plan) return { kind: "notMixed", reason: plan.reason };
    if (!existing && plan.sidecar.missingLeg && options.takesOneLeg === false) return { kind: "oneLeg" };
    if (existing && isMadeBy(plan, existing)) return { kind: "current", sidecar: existing, sidecarLocation };
    const sidecar = await mixOnce(plan, { name, existing, version }, options);
    if (sidecar) return { kind: "mixed", sidecar, sidecarLocation };
  }
  throw new RecordingChanged(`the recordings of ${transactionId} have changed ${MAX_ROUNDS} times while it was mixed`);
}

function planned(transactionId: string, recordings: Parameters<typeof planCall>[1]): CallPlan | { reason: string } {
  try {
    return planCall(transactionId, recordings);
  } catch (error) {
    if (error instanceof CallNotMixable) return { reason: error.message };
    throw error;
  }
}

/** Whether a call was made as the plan has it. */
function isMadeBy({ sidecar: plan }: CallPlan, { package: _, audio: __, sha256: ___, ...made }: CallSidecar): boolean {
  return canonical(plan) === canonical(made);
}

/** Keys in one order, without those that hold nothing. */
function canonical(value: object): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** @returns undefined where somebody else was faster, or a recording has been replaced meanwhile */
async function mixOnce(
  plan: CallPlan,
  found: { name: string; existing?: CallSidecar; version?: string },
  options: CallRecordingOptions,
): Promise<CallSidecar | undefined> {
  const { store } = options;
  const { name, existing, version } = found;
  const { sampleRateHz } = plan;
  const audioName = audioNameOfCall(plan.sidecar);
  let committed: CommittedAudio | undefined;
  try {
    committed = await writeAudio(plan, audioName, options);
    const { location, sha256, bytes } = committed;
    const audio = { location, format: "wav", sampleRateHz, channels: CHANNELS, bitsPerSample: 16, bytes } as const;
    const sidecar = { ...plan.sidecar, audio, sha256, package: packageVersion() };
    await store.putSidecar(name, sidecar, version);
    if (existing && existing.audio.location !== location) {
      await store.removeAudio(audioNameOfCall(existing), existing.audio.location);
    }
    return sidecar;
  } catch (error) {
    if (error instanceof AudioMissing) return undefined;
    // The name of audio that a better recording freed is taken again by the next better one: other bytes are no damage then.
    if (error instanceof RecordingDamaged && !(await areInPlace(plan, store))) return undefined;
    if (!(error instanceof RecordingChanged)) throw error;
    await removeUnnamed(audioName, committed, name, store);
    return undefined;
  }
}

/** Whether the recordings of a plan are still the ones that their sidecars describe. */
async function areInPlace({ recordings }: CallPlan, store: RecordingStore): Promise<boolean> {
  for (const { name, version } of recordings) {
    if ((await store.find(name)).version !== version) return false;
  }
  return true;
}

async function writeAudio(
  { channels, recordings, sampleRateHz, sidecar: { samples } }: CallPlan,
  audioName: string,
  { store, signal, mostRiffDataBytes = MOST_RIFF_DATA_BYTES }: CallRecordingOptions,
): Promise<CommittedAudio> {
  const sources = new Map(
    recordings.map(({ name, sidecar: { recordingId, samples, sha256, audio } }) => {
      const { location } = audio;
      return [recordingId, { location, samples, sha256, open: () => store.readAudio(name, location) }];
    }),
  );
  const dataBytes = 2 * CHANNELS * samples;
  const headerOf = dataBytes > mostRiffDataBytes ? rf64Header : riffHeader;
  const sink = await store.openAudioFile();
  try {
    await sink.write(headerOf({ sampleRateHz, channels: CHANNELS, dataBytes }));
    for await (const piece of mixStereo(channels, samples, sources)) {
      signal?.throwIfAborted();
      await sink.write(piece);
    }
    return await sink.commit(audioName);
  } finally {
    await sink.abort();
  }
}

/** Somebody else has put a sidecar in place: our audio goes, unless it is the very one that is described there. */
async function removeUnnamed(
  audioName: string,
  committed: CommittedAudio | undefined,
  name: string,
  store: RecordingStore,
): Promise<void> {
  if (!committed) return;
  const { sidecar } = await store.findCall(name);
  if (sidecar?.audio.location !== committed.location) await store.removeAudio(audioName, committed.location);
}
