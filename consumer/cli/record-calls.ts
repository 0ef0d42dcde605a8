import { type CallOutcome, recordCall } from "../call/call-recording.js";
import type { RecordingStore } from "../recordings/recording-store.js";

export type MixedCall = { transactionId: string } & CallOutcome;

/** Mixes calls both legs of which are recorded: a leg alone may be all that was wanted. */
export async function mixCalls(
  transactionIds: readonly string[],
  store: RecordingStore,
  signal: AbortSignal,
): Promise<MixedCall[]> {
  const calls: MixedCall[] = [];
  for (const transactionId of transactionIds) {
    calls.push({ transactionId, ...(await recordCall(transactionId, { store, takesOneLeg: false, signal })) });
  }
  return calls;
}

/** In words; nothing of a call whose other leg is not there. */
export function describeCall(call: MixedCall): string[] {
  if (call.kind === "oneLeg") return [];
  if (call.kind === "notMixed") return [`no stereo file of ${call.transactionId}: ${call.reason}`];
  const { audio, durationMs, missingLeg, channelAssignment } = call.sidecar;
  const legs = missingLeg ? `one leg, the ${missingLeg}'s channel is silent` : "caller left, callee right";
  const guess = channelAssignment === "guessed" ? " (guessed, see --side)" : "";
  return [`${audio.location}  ${(durationMs / 1000).toFixed(3)} s, stereo, ${legs}${guess}`, call.sidecarLocation];
}

/** For a JSON document. */
export function callDocument({ kind: outcome, ...call }: MixedCall): object {
  if (!("sidecar" in call)) return { outcome, ...call };
  return { outcome, sidecarLocation: call.sidecarLocation, ...call.sidecar };
}
