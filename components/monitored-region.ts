import type { RecordingMode } from "./call-audio-consumer-args.js";
import type { ConsumerSettings } from "./call-audio-consumer-settings.js";
import { functionName } from "./consumer-functions.js";
import { deadLetterName, eventRuleName, queueName } from "./event-queue.js";
import { serviceName } from "./live-service.js";
import type { ResourceNames } from "./resource-names.js";

/** What there is to look at in a region, by the names that CloudWatch has for it. */
export interface MonitoredRegion {
  region: string;
  mode: RecordingMode;
  /** Of the consumer's own metrics. */
  namespace: string;
  eventRule: string;
  queue: string;
  deadLetterQueue: string;
  /** The functions that are there. */
  functions: { archive?: string; reconcile: string };
  /** The function that looks for lost legs runs at least once in so many hours. */
  reconcileHours: number;
  /** The tasks of live mode. */
  service?: { cluster: string; name: string };
}

/** @param cluster name of the cluster, where that is known, in live mode */
export function monitoredRegion(
  { names, settings }: { names: ResourceNames; settings: Pick<ConsumerSettings, "mode" | "reconcile"> },
  region: string,
  cluster = "",
): MonitoredRegion {
  const { mode, reconcile } = settings;
  return {
    region,
    mode,
    namespace: names.namespace,
    eventRule: eventRuleName(names, region),
    queue: queueName(names, region),
    deadLetterQueue: deadLetterName(names, region),
    functions: {
      ...(mode === "archive" && { archive: functionName(names, "archive", region) }),
      reconcile: functionName(names, "reconcile", region),
    },
    reconcileHours: reconcile.dailySweep ? 1 : reconcile.hours,
    ...(mode === "live" && { service: { cluster, name: serviceName(names, region) } }),
  };
}
