import { measureLiveLegs } from "../live-legs.js";
import type { RowPlan } from "../row-plan.js";

const LEGS = 1_000;
const MOST_CORES = 1;
const PEAK_LIMIT_BYTES = 500_000_000;
const LATENESS_LIMIT_MS = 1_000;

/** Legs that one worker process records as they are spoken, out of a local-aws that is another process. */
export const liveLegsRow: RowPlan = {
  name: "live-legs",
  what: "live legs that one worker sustains in real time",
  target: LEGS,
  async measure() {
    const { legs, coreShare, peakRssBytes, greatestLatenessMs, exactLegs } = await measureLiveLegs({ legs: LEGS });
    const isInTime = greatestLatenessMs <= LATENESS_LIMIT_MS;
    const isWithin = coreShare <= MOST_CORES && peakRssBytes <= PEAK_LIMIT_BYTES;
    return {
      name: this.name,
      what: this.what,
      target: this.target,
      sustained: exactLegs,
      coreShare,
      peakRssBytes,
      met: exactLegs >= LEGS && isInTime && isWithin,
      figures: { legs, exactLegs, greatestLatenessMs },
      note: `${exactLegs} of ${legs} legs recorded as they were spoken, no fragment taken more than ${Math.ceil(greatestLatenessMs)} ms after it arrived; the limits are ${MOST_CORES} core, ${PEAK_LIMIT_BYTES / 1e6} MB and ${LATENESS_LIMIT_MS} ms`,
    };
  },
};
