import type { ActiveLeg, PhoneCall } from "../phone-call.js";
import { peaksOf } from "./peaks.js";
import type { LegView, PhoneCallView, Shown } from "./view.js";

const MAX_SHOWN = 6;
/** Of a call in progress, so much of real time is shown. */
const WINDOW_MS = 15_000;
const BIN_MS = 50;
const BINS = WINDOW_MS / BIN_MS;
/** As many fragments are looked at for those in the window, and for those that were lost. */
const MAX_FRAGMENTS = 1_000;
const SAMPLES_PER_MS = 8;
const BYTES_PER_MS = 16;

/** Pictures of phone calls: what of them was spoken, what reached their streams. */
export class PhoneCallViews {
  /** A call that is over does not change any more. */
  private readonly finished = new WeakMap<PhoneCall, PhoneCallView>();

  /** The calls in progress, then those that ended last; newest first. `total` counts those in progress. */
  of(calls: readonly PhoneCall[]): Shown<PhoneCallView> {
    const newestFirst = [...calls].reverse();
    const inProgress = newestFirst.filter((call) => !call.isOver);
    const over = newestFirst.filter((call) => call.isOver);
    return {
      total: inProgress.length,
      shown: [...inProgress, ...over].slice(0, MAX_SHOWN).map((call) => this.view(call)),
    };
  }

  private view(call: PhoneCall): PhoneCallView {
    const known = this.finished.get(call);
    if (known) return known;
    const { transactionId } = call.ids;
    const { voiceConnectorId, failures } = call.result();
    const { isOver, ageMs, speed } = call;
    const windowMs = isOver ? Math.max(ageMs, 1) : WINDOW_MS * Math.max(1, speed);
    const view: PhoneCallView = {
      transactionId,
      voiceConnectorId,
      isOver,
      ageMs: Math.round(ageMs),
      windowMs: Math.round(windowMs),
      speed: Number.isFinite(speed) ? speed : null,
      legs: call.legs.map((leg) => legView(leg, ageMs, windowMs, isOver)),
      failures: failures.map(({ isCaller, reason }) => ({ side: isCaller ? "caller" : "callee", reason })),
    };
    if (isOver) this.finished.set(call, view);
    return view;
  }
}

function legView(leg: ActiveLeg, callAgeMs: number, windowMs: number, isOver: boolean): LegView {
  const { producer, stream, isCaller, offsetMs } = leg;
  const positionMs = Math.round(producer.audioMsAt(callAgeMs - offsetMs));
  const samplesPerBin = Math.max(1, Math.round((windowMs / BINS) * SAMPLES_PER_MS));
  const spoken = producer.audio.subarray(0, Math.max(0, positionMs) * BYTES_PER_MS);
  // Always at a multiple of the bin: else the picture would shimmer as it moves.
  const firstBin = Math.max(0, Math.floor(((positionMs - windowMs) * SAMPLES_PER_MS) / samplesPerBin));
  const firstMs = (firstBin * samplesPerBin) / SAMPLES_PER_MS;
  return {
    side: isCaller ? "caller" : "callee",
    streamName: stream.name,
    positionMs,
    lengthMs: Math.round(producer.audio.length / BYTES_PER_MS),
    firstMs,
    binMs: samplesPerBin / SAMPLES_PER_MS,
    peaks: peaksOf(spoken, firstBin * samplesPerBin, samplesPerBin, BINS + 2),
    fragments: producer
      .latestSent(MAX_FRAGMENTS)
      .filter(({ endBytes, isLost }) => (isOver ? isLost : endBytes > firstMs * BYTES_PER_MS))
      .map(({ beginBytes, endBytes, isLost }) => ({
        fromMs: Math.round(beginBytes / BYTES_PER_MS),
        toMs: Math.round(endBytes / BYTES_PER_MS),
        isLost,
      })),
  };
}
