import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { METRIC_UNITS } from "../../consumer/metrics/metrics.js";
import { live, monitoring, topic, twoRegions } from "./monitored-consumer.js";
import { a, account, b, type Graph, resolved, run } from "./registered.js";

/** What the monitoring made, without what the consumer did. */
const own = (graph: Graph) =>
  graph.resources.filter(({ name, type }) => type.startsWith("aws:") && name.startsWith("watch-"));

const alarms = (graph: Graph, region = "us-east-1") =>
  Object.fromEntries(
    graph
      .of("MetricAlarm")
      .filter(({ name, inputs }) => name.startsWith("watch-") && inputs.region === region)
      .map(({ name, inputs }) => [name.slice("watch-".length, -region.length - 1), inputs]),
  );

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; region: string; metrics: (string | object)[][] };
}

const widgets = (graph: Graph): Widget[] =>
  JSON.parse(graph.inputs("Dashboard", "watch-dashboard").dashboardBody).widgets;

describe("StreamingMonitoring", () => {
  it("makes a dashboard, alarms and the connectors' logs, and nothing else", async () => {
    const { made, graph } = await run(monitoring({}));
    const counted: Record<string, number> = {};
    for (const { type } of own(graph)) counted[type] = (counted[type] ?? 0) + 1;
    assert.deepEqual(counted, {
      "aws:cloudwatch/dashboard:Dashboard": 1,
      "aws:cloudwatch/metricAlarm:MetricAlarm": 14,
      "aws:chime/voiceConnectorLogging:VoiceConnectorLogging": 1,
    });
    assert.deepEqual(Object.keys(alarms(graph)).sort(), [
      "archive-errors",
      "dead-letters",
      "expired-legs",
      "failed-events",
      "incomplete-recordings",
      "message-age",
      "oldest-message",
      "reconcile-errors",
      "reconcile-stopped",
      "reconcile-unfinished",
      "recording-lag",
      "retention-used",
      "streams-without-retention",
      "undelivered-events",
    ]);
    assert.equal(
      await resolved(made.dashboardUrl),
      "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/calls-prod-watch-dashboard",
    );
    assert.equal(
      await resolved(made.alarmArns["us-east-1"]!["dead-letters"]!),
      `arn:aws:cloudwatch:us-east-1:${account}:alarm:calls-prod-watch-us-east-1-dead-letters`,
    );
    for (const { type, name, inputs } of own(graph)) {
      assert.equal(graph.options.get(name)?.parent, made, name);
      assert.equal(inputs.region, "us-east-1", name);
      if (type.endsWith(":MetricAlarm")) assert.ok(inputs.tags["chime-voice-streaming:consumer"], name);
    }
  });

  it("watches, in live mode, that tasks read and calls do not wait; retention may be 0 there", async () => {
    const { graph } = await run(monitoring({}, live));
    const found = alarms(graph);
    assert.deepEqual(
      ["streams-without-retention", "archive-errors"].filter((kind) => kind in found),
      [],
    );
    assert.deepEqual(found["no-worker"].dimensions, {
      ClusterName: "calls-prod-recorder-us-east-1-live",
      ServiceName: graph.inputs("Service", "recorder-live-service-us-east-1").name,
    });
    assert.equal(found["no-worker"].treatMissingData, "breaching");
    assert.equal(found["pickup-lag"].threshold, 30);
    // A message lasts as long as its call, or until it is replaced after six hours.
    assert.equal(found["oldest-message"].threshold, 7 * 3_600);
    assert.ok(widgets(graph).some(({ properties }) => properties.title === "Live tasks"));
  });

  it("looks at the resources that the consumer made, by their names", async () => {
    const { graph } = await run(monitoring({}));
    const found = alarms(graph);
    const name = (type: string, of: string) => graph.inputs(type, `recorder-${of}-us-east-1`).name;
    assert.deepEqual(found["dead-letters"].dimensions, { QueueName: name("Queue", "dead-letters") });
    assert.deepEqual(found["oldest-message"].dimensions, { QueueName: name("Queue", "events") });
    assert.deepEqual(found["undelivered-events"].dimensions, { RuleName: name("EventRule", "events-rule") });
    assert.deepEqual(found["archive-errors"].dimensions, { FunctionName: name("Function", "archive") });
    assert.deepEqual(found["reconcile-errors"].dimensions, { FunctionName: name("Function", "reconcile") });
    const { METRICS_NAMESPACE } = graph.inputs("Function", "recorder-archive-us-east-1").environment.variables;
    assert.equal(found["failed-events"].namespace, METRICS_NAMESPACE);
    assert.deepEqual(found["failed-events"].dimensions, { Region: "us-east-1" });
  });

  it("asks only for metrics that the consumer writes", async () => {
    for (const consumer of [{}, live]) {
      const { made, graph } = await run(monitoring({}, consumer));
      assert.ok(made);
      const namespace = "ChimeVoiceStreaming/calls-prod-recorder";
      const drawn = widgets(graph)
        .flatMap(({ properties }) => properties.metrics ?? [])
        .filter(([of]) => of === namespace)
        .map(([, metric]) => metric as string);
      const watched = Object.values(alarms(graph)).flatMap((alarm) =>
        alarm.namespace === namespace ? alarm.metricName : [],
      );
      assert.ok(drawn.length > 12 && watched.length > 5);
      assert.deepEqual(
        [...drawn, ...watched].filter((metric) => !(metric in METRIC_UNITS)),
        [],
      );
    }
  });

  it("raises alarms from the thresholds on that are given", async () => {
    const thresholds = {
      failedEvents: 3,
      incompleteRecordings: 4,
      deadLetters: 5,
      oldestMessageMinutes: 6,
      recordingLagMinutes: 7,
      retentionUsedPercent: 80,
      functionErrors: 9,
      pickupLagSeconds: 10,
    };
    const found = alarms((await run(monitoring({ thresholds }))).graph);
    const threshold = (kind: string) => found[kind].threshold;
    assert.deepEqual(
      [
        "failed-events",
        "incomplete-recordings",
        "dead-letters",
        "oldest-message",
        "recording-lag",
        "retention-used",
      ].map(threshold),
      [3, 4, 5, 360, 420, 80],
    );
    assert.deepEqual([threshold("archive-errors"), threshold("reconcile-errors")], [9, 9]);
    assert.equal(alarms((await run(monitoring({ thresholds }, live))).graph)["pickup-lag"].threshold, 10);
    const initial = alarms((await run(monitoring({}))).graph);
    assert.deepEqual([initial["failed-events"].threshold, initial["retention-used"].threshold], [1, 50]);
  });

  it("sees events that are tried again and again, of which SQS does not tell the age", async () => {
    for (const [consumer, minutes] of [
      [{}, 60],
      [live, 420],
    ] as const) {
      const { "message-age": tried, "oldest-message": waiting } = alarms((await run(monitoring({}, consumer))).graph);
      assert.deepEqual([tried.metricName, tried.statistic], ["MessageAge", "Maximum"]);
      assert.deepEqual([tried.threshold, waiting.threshold], [minutes * 60, minutes * 60]);
      // A message comes back after a quarter of an hour: in between nothing is measured, and the alarm goes on.
      assert.ok(tried.period >= 2 * 900);
      assert.match(waiting.alarmDescription, /taken twice at most/);
      assert.doesNotMatch(waiting.alarmDescription, /again and again/);
    }
  });

  it("tells how what was put aside is moved back, which takes a destination", async () => {
    const { graph } = await run(monitoring({}));
    const { name } = graph.inputs("Queue", "recorder-events-us-east-1");
    const { alarmDescription } = alarms(graph)["dead-letters"];
    assert.match(alarmDescription, new RegExp(`start-message-move-task .*that of ${name} as --destination-arn`));
  });

  it("sees that nobody looks for lost legs any more, or has not the time to", async () => {
    for (const [reconcile, hours] of [
      [{}, 2],
      [{ hours: 12 }, 2],
      [{ hours: 12, dailySweep: false }, 13],
    ] as const) {
      const { graph } = await run(monitoring({}, { reconcile }));
      const { "reconcile-stopped": stopped, "reconcile-unfinished": unfinished } = alarms(graph);
      assert.deepEqual(
        [stopped.namespace, stopped.metricName, stopped.statistic],
        ["AWS/Lambda", "Invocations", "Sum"],
      );
      assert.deepEqual([stopped.comparisonOperator, stopped.threshold], ["LessThanThreshold", 1]);
      assert.deepEqual(stopped.dimensions, {
        FunctionName: graph.inputs("Function", "recorder-reconcile-us-east-1").name,
      });
      assert.equal(stopped.period * stopped.evaluationPeriods, hours * 3_600);
      assert.deepEqual([unfinished.metricName, unfinished.threshold], ["SweepUnfinished", 1]);
    }
  });

  it("says in each alarm what to do, and what no data means", async () => {
    const { graph } = await run(monitoring({}, live));
    const missing: Record<string, string> = {
      "retention-used": "ignore",
      "no-worker": "breaching",
      "reconcile-stopped": "breaching",
    };
    for (const [kind, alarm] of Object.entries(alarms(graph))) {
      assert.ok(alarm.alarmDescription.length > 60 && alarm.alarmDescription.length <= 1_024, kind);
      assert.equal(alarm.treatMissingData, missing[kind] ?? "notBreaching", kind);
      assert.equal(alarm.alarmActions, undefined);
    }
  });

  it("sends alarms to a topic of their region", async () => {
    const one = await run(monitoring({ alarmTopicArn: pulumi.output(topic("us-east-1")) }));
    for (const alarm of Object.values(alarms(one.graph))) assert.deepEqual(alarm.alarmActions, [topic("us-east-1")]);
    const alarmTopicArn = { "us-east-1": topic("us-east-1"), "eu-central-1": topic("eu-central-1") };
    const { graph } = await run(monitoring({ alarmTopicArn }, { connectors: twoRegions }));
    assert.deepEqual(alarms(graph, "eu-central-1")["dead-letters"].alarmActions, [topic("eu-central-1")]);
    assert.deepEqual(alarms(graph)["dead-letters"].alarmActions, [topic("us-east-1")]);
  });

  it("shows all regions on one dashboard, each graph in its place", async () => {
    const { graph } = await run(monitoring({}, { connectors: twoRegions }));
    assert.equal(graph.of("Dashboard").length, 1);
    const graphs = widgets(graph).filter(({ type }) => type === "metric");
    const titles = (region: string) =>
      graphs.filter((w) => w.properties.region === region).map((w) => w.properties.title);
    assert.deepEqual(titles("us-east-1"), titles("eu-central-1"));
    assert.deepEqual(titles("us-east-1"), [
      "Events by status",
      "Legs recorded",
      "Audio recorded",
      "Lag",
      "Queue",
      "Dead letters and undelivered events",
      "Retries and throttles",
      "Functions' errors",
      "Reconciliation",
    ]);
    const all = widgets(graph);
    for (const [i, one] of all.entries()) {
      assert.ok(one.x + one.width <= 24);
      for (const other of all.slice(i + 1)) {
        const apart =
          one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        assert.ok(apart, `${one.properties.title} and ${other.properties.title} overlap`);
      }
    }
  });

  it("turns on media logs of the consumer's connectors, and SIP logs, which hold phone numbers, only when asked", async () => {
    const { graph } = await run(monitoring({}, { connectors: twoRegions }));
    const logs = graph.inputs("VoiceConnectorLogging", "watch-logs-berlin");
    assert.deepEqual(logs, {
      voiceConnectorId: b,
      enableMediaMetricLogs: true,
      enableSipLogs: false,
      region: "eu-central-1",
    });
    assert.equal(graph.of("VoiceConnectorLogging").length, 2);
    const sip = await run(monitoring({ mediaLogs: false, sipLogs: true }));
    const { enableMediaMetricLogs, enableSipLogs } = sip.graph.inputs("VoiceConnectorLogging", `watch-logs-${a}`);
    assert.deepEqual([enableMediaMetricLogs, enableSipLogs], [false, true]);
    const none = await run(monitoring({ mediaLogs: false }));
    assert.deepEqual(none.graph.of("VoiceConnectorLogging"), []);
    const others = await run(monitoring({ connectors: [{ voiceConnectorId: b }] }));
    assert.deepEqual(
      others.graph.of("VoiceConnectorLogging").map(({ name }) => name),
      [`watch-logs-${b}`],
    );
  });
});
