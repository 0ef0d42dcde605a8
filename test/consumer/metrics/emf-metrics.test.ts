import assert from "node:assert/strict";
import { emfMetrics } from "../../../consumer/metrics/emf-metrics.js";
import { legMetrics } from "../../../consumer/metrics/leg-metrics.js";
import { METRIC_UNITS } from "../../../consumer/metrics/metrics.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";

/** What CloudWatch knows as a unit: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const UNITS = ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Percent", "Count", "None"];

interface EmfDocument {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  [target: string]: unknown;
}

/** By the specification: every name resolves to a member, metrics to numbers or at most 100 of them, dimensions to text. */
function checked(line: string): EmfDocument {
  assert.doesNotMatch(line, /\n/);
  assert(Buffer.byteLength(line) < 256 * 1024);
  const document: EmfDocument = JSON.parse(line);
  const { Timestamp, CloudWatchMetrics } = document._aws;
  assert(Number.isInteger(Timestamp));
  const named = new Set(["_aws"]);
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    assert.match(Namespace, /^[\w./#:-]{1,255}$/);
    assert(Metrics.length >= 1 && Metrics.length <= 100);
    for (const set of Dimensions) {
      assert(set.length <= 30);
      for (const name of set) {
        assert.equal(typeof document[name], "string");
        named.add(name);
      }
    }
    for (const { Name, Unit } of Metrics) {
      assert(UNITS.includes(Unit));
      const value = document[Name];
      const values = Array.isArray(value) ? value : [value];
      assert(values.length >= 1 && values.length <= 100);
      assert(values.every((each) => Number.isFinite(each)));
      named.add(Name);
    }
  }
  assert.deepEqual(Object.keys(document).sort(), [...named].sort());
  return document;
}

describe("emfMetrics", () => {
  let lines: string[];
  const open = () => {
    lines = [];
    const write = (line: string) => lines.push(line);
    return emfMetrics({
      namespace: "CallAudio",
      region: "eu-central-1",
      write,
      clock: { now: () => 1_770_000_000_000 },
    });
  };

  it("writes one line for what was counted and recorded since the last flush", () => {
    const metrics = open();
    metrics.count("EventsEnded");
    metrics.count("EventsEnded", 2);
    metrics.record("RecordingLag", 1.5);
    metrics.record("RecordingLag", 2.5);
    metrics.flush();
    metrics.flush();
    assert.equal(lines.length, 1);
    assert.deepEqual(checked(lines[0]!), {
      _aws: {
        Timestamp: 1_770_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: "CallAudio",
            Dimensions: [["Region"]],
            Metrics: [
              { Name: "EventsEnded", Unit: "Count" },
              { Name: "RecordingLag", Unit: "Seconds" },
            ],
          },
        ],
      },
      Region: "eu-central-1",
      EventsEnded: 3,
      RecordingLag: [1.5, 2.5],
    });
  });

  it("writes nothing where nothing was counted", () => {
    open().flush();
    assert.deepEqual(lines, []);
  });

  it("puts no more than 100 values of a metric into a line, and loses none", () => {
    const metrics = open();
    const lags = Array.from({ length: 250 }, (_, i) => i);
    for (const lag of lags) metrics.record("RecordingLag", lag);
    metrics.record("SecondsOfAudio", 60);
    metrics.count("LegsRecorded", 250);
    metrics.flush();
    const documents = lines.map(checked);
    assert.equal(documents.length, 3);
    assert.deepEqual(
      documents.flatMap(({ RecordingLag }) => RecordingLag),
      lags,
    );
    assert.deepEqual(
      documents.flatMap(({ LegsRecorded }) => LegsRecorded ?? []),
      [250],
    );
  });

  it("has room for every metric in one line", () => {
    const metrics = open();
    for (const name of Object.keys(METRIC_UNITS)) metrics.record(name as keyof typeof METRIC_UNITS, 1);
    metrics.flush();
    assert.equal(checked(lines[0]!)._aws.CloudWatchMetrics[0]!.Metrics.length, Object.keys(METRIC_UNITS).length);
  });

  it("counts an incomplete recording once in a process, however many messages are done by it", () => {
    const metrics = open();
    const { onSettled } = legMetrics(metrics);
    for (const recordingId of ["a", "b", "a"]) onSettled({ recordingId, complete: false } as Sidecar);
    onSettled({ recordingId: "c", complete: true } as Sidecar);
    metrics.flush();
    assert.equal(checked(lines[0]!).LegsIncomplete, 2);
  });

  it("reports no lag below nothing, whatever the clocks say", () => {
    const metrics = open();
    legMetrics(metrics).onPickup(-500);
    metrics.flush();
    assert.deepEqual(checked(lines[0]!).PickupLag, [0]);
  });
});
