/** Every metric of the consumer and its unit in CloudWatch. None names a call, a stream or a person. */
export const METRIC_UNITS = {
  /** Events by status, when they are done or put aside. */
  EventsStarted: "Count",
  EventsEnded: "Count",
  EventsUpdated: "Count",
  /** Chime could not stream a call. */
  EventsFailed: "Count",
  /** Messages put aside in the dead-letter queue. */
  EventsRefused: "Count",
  /** Recordings that were committed, complete or not. */
  LegsRecorded: "Count",
  /** Legs whose recording is not complete when their message is done, by whoever it was made; at least once each. */
  LegsIncomplete: "Count",
  /** Legs whose media expired before it was read. */
  LegsExpired: "Count",
  /** Stereo files made, or made again. */
  CallsMixed: "Count",
  SecondsOfAudio: "Seconds",
  /** From a leg's end, as its event tells it, to its recording. */
  RecordingLag: "Seconds",
  /** Deliveries that were given back to be tried again. */
  Retries: "Count",
  /** Age of an event, by the time in its envelope, whenever it is given back: how long it has been tried. */
  MessageAge: "Seconds",
  /** Answers of AWS that were throttles, those that were retried included. */
  Throttles: "Count",
  /** Legs that are being read live, once a minute. */
  LegsInProgress: "Count",
  /** Live: from a leg's start, as its event tells it, to when its reading began. */
  PickupLag: "Seconds",
  /** Live: messages that were replaced by fresh ones. */
  Handovers: "Count",
  LegsFoundByReconciliation: "Count",
  /** Streams with a retention of 0 hours. */
  StreamsWithoutRetention: "Count",
  /** Age of the oldest leg that is not recorded, as a share of its stream's retention. */
  RetentionUsed: "Percent",
  SweptStreams: "Count",
  /** Sweeps that ran out of time. */
  SweepUnfinished: "Count",
} as const;

export type MetricName = keyof typeof METRIC_UNITS;

/** Where a process counts what it does. Its region is the only dimension. */
export interface Metrics {
  /** Adds to a sum that the next flush reports. Default 1. */
  count(name: MetricName, value?: number): void;
  /** One value of a distribution or a gauge, in the metric's unit. */
  record(name: MetricName, value: number): void;
  /** Reports what has been counted and recorded since the last flush. */
  flush(): void;
}

/** Counts nothing. */
export const noMetrics: Metrics = { count: () => undefined, record: () => undefined, flush: () => undefined };
