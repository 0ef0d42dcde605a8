import * as pulumi from "@pulumi/pulumi";
import { mistake } from "../dynamic-providers/shim.js";
import type { ConsumerSettings } from "./call-audio-consumer-settings.js";

type LifeSettings = Pick<ConsumerSettings, "maxCallHours" | "recoveryWindowHours">;

const DAY = 24;
/**
 * For which marks and recordings outlive media: two rounds of reconciliation at their rarest, so that one finds the mark of a leg whose
 * media has just expired; and what the daily sweep looks back beyond the recovery window, consumer/reconcile/sweep-window.ts.
 */
const MARGIN_HOURS = 3 * DAY;
/** Costs nothing, and is time to look at what went on. */
const LEAST_MARK_DAYS = 14;

/** Days for which what lies below the prefix is needed. What is not known of retention is taken to be what archive mode asks for. */
function neededDays({ maxCallHours, recoveryWindowHours }: LifeSettings, retentionHours: readonly number[]): number {
  const mediaHours = Math.max(maxCallHours + recoveryWindowHours, ...retentionHours);
  return Math.ceil((mediaHours + MARGIN_HOURS) / DAY);
}

/**
 * Why recordings must not expire so early, where they must not. The rule that lets them expire is for all below the prefix, marks
 * included, and of two rules the earlier one counts; and a recording that is gone while the sweep still sees its media is made again.
 */
export function expiryFault(
  days: number,
  settings: LifeSettings,
  retentionHours: readonly number[],
): string | undefined {
  const least = neededDays(settings, retentionHours);
  if (days >= least) return undefined;
  return (
    `must be at least ${least}, three days more than media is kept: until then marks beside the recordings are needed, and what is ` +
    "gone would be recorded again; or make dataRetentionInHours, maxCallHours or recoveryWindowHours smaller"
  );
}

/**
 * Days after which marks expire. A retention that is an Output is known here first: where recordings would expire too early for it,
 * what needs this fails, and is not made.
 */
export function markDays(settings: ConsumerSettings): pulumi.Output<number> {
  const given = settings.connectors.map(({ dataRetentionInHours }) => dataRetentionInHours);
  return pulumi.all(given).apply((hours) => {
    const known = hours.filter((each): each is number => each !== undefined);
    const days = "name" in settings.bucket ? undefined : settings.bucket.recordingRetentionDays;
    const fault = days === undefined ? undefined : expiryFault(days, settings, known);
    if (fault) throw mistake(`recordingRetentionDays ${fault}`);
    return Math.max(LEAST_MARK_DAYS, neededDays(settings, known));
  });
}
