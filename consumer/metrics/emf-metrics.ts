import { type Clock, systemClock } from "../clock.js";
import { METRIC_UNITS, type MetricName, type Metrics, noMetrics } from "./metrics.js";

export interface EmfMetricsOptions {
  namespace: string;
  /** Value of the dimension `Region`. */
  region: string;
  /** Takes one line, without its end. Default: writes it to standard output, where Lambda and ECS hand it to CloudWatch Logs. */
  write?: (line: string) => void;
  /** Default: the system's. */
  clock?: Pick<Clock, "now">;
}

/** The most values that one metric may have in one document. */
const MAX_VALUES = 100;

/**
 * Metrics as log lines that CloudWatch Logs turns into metrics, so that no API is called and no permission needed:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfMetrics(options: EmfMetricsOptions): Metrics {
  const { namespace, region, clock = systemClock } = options;
  const write = options.write ?? ((line: string) => process.stdout.write(`${line}\n`));
  const sums = new Map<MetricName, number>();
  const values = new Map<MetricName, number[]>();

  function writeDocument(metrics: ReadonlyMap<MetricName, number | number[]>): void {
    const definitions = [...metrics.keys()].map((name) => ({ Name: name, Unit: METRIC_UNITS[name] }));
    const directive = { Namespace: namespace, Dimensions: [["Region"]], Metrics: definitions };
    const _aws = { Timestamp: clock.now(), CloudWatchMetrics: [directive] };
    write(JSON.stringify({ _aws, Region: region, ...Object.fromEntries(metrics) }));
  }

  return {
    count(name, value = 1) {
      sums.set(name, (sums.get(name) ?? 0) + value);
    },
    record(name, value) {
      const recorded = values.get(name);
      if (recorded) recorded.push(value);
      else values.set(name, [value]);
    },
    flush() {
      const document = new Map<MetricName, number | number[]>(sums);
      sums.clear();
      for (let isMore = true; isMore; ) {
        for (const [name, recorded] of values) {
          document.set(name, recorded.splice(0, MAX_VALUES));
          if (recorded.length === 0) values.delete(name);
        }
        isMore = values.size > 0;
        if (document.size > 0) writeDocument(document);
        document.clear();
      }
    },
  };
}

/** The metrics of a process that is configured so; without a namespace none. */
export function configuredMetrics(
  { metricsNamespace, region }: { metricsNamespace?: string | undefined; region: string },
  write?: (line: string) => void,
): Metrics {
  return metricsNamespace === undefined ? noMetrics : emfMetrics({ namespace: metricsNamespace, region, write });
}
