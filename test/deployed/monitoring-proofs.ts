import assert from "node:assert/strict";
import { ChimeSDKVoiceClient, GetVoiceConnectorLoggingConfigurationCommand } from "@aws-sdk/client-chime-sdk-voice";
import { METRIC_UNITS } from "../../consumer/metrics/metrics.js";
import { REGIONS } from "./cloud.js";
import type { Deployment } from "./deployment.js";

/** Metrics that AWS gives without being asked: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html */
const AWS_METRICS: Record<string, string[]> = {
  "AWS/SQS": [
    "ApproximateNumberOfMessagesVisible",
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfMessagesNotVisible",
  ],
  "AWS/Lambda": ["Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions"],
  "AWS/Events": ["FailedInvocations", "InvocationsSentToDlq", "MatchedEvents", "TriggeredRules", "Invocations"],
};

export function monitoringProofs(deployed: () => Deployment): void {
  /** A metric that nobody writes would never raise its alarm. */
  function assertKnown(namespace: string, metric: string): void {
    const names = namespace === deployed().outputs.namespace ? Object.keys(METRIC_UNITS) : AWS_METRICS[namespace];
    assert.ok(names?.includes(metric), `nobody writes ${namespace} ${metric}`);
  }

  for (const region of REGIONS) {
    it(`${region}: every alarm is on a metric that is written, of what is deployed there`, async () => {
      const { cli, outputs } = deployed();
      const { MetricAlarms } = await cli("cloudwatch", "describe-alarms", "--region", region);
      const metrics = new Set<string>();
      for (const { Namespace, MetricName, Dimensions, AlarmDescription } of MetricAlarms) {
        assertKnown(Namespace, MetricName);
        metrics.add(MetricName);
        assert.ok(AlarmDescription.length > 20);
        for (const { Name, Value } of Dimensions) {
          if (Name === "Region") assert.equal(Value, region);
          const named = {
            QueueName: [outputs.queueUrls, outputs.deadLetterQueueUrls],
            FunctionName: [outputs.archive, outputs.reconcile],
          };
          const all = named[Name as keyof typeof named]?.map((byRegion) => byRegion[region]!.split(/[/:]/).at(-1));
          if (all) assert.ok(all.includes(Value), `${Name} ${Value} is not there`);
        }
      }
      const wanted = ["EventsFailed", "LegsIncomplete", "LegsExpired", "RecordingLag", "RetentionUsed"];
      const ofQueues = ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"];
      for (const metric of [...wanted, ...ofQueues]) assert.ok(metrics.has(metric), `no alarm on ${metric}`);
    });
  }

  it("the dashboard shows metrics that are written, of every region", async () => {
    const { cli, outputs } = deployed();
    const where = ["--region", "us-east-1"];
    const { DashboardEntries } = await cli("cloudwatch", "list-dashboards", ...where);
    assert.equal(DashboardEntries.length, 1);
    const name = DashboardEntries[0].DashboardName;
    const { DashboardBody } = await cli("cloudwatch", "get-dashboard", "--dashboard-name", name, ...where);
    const { widgets } = JSON.parse(DashboardBody);
    const shown = new Set<string>();
    const regions = new Set<string>();
    for (const { properties } of widgets) {
      for (const row of properties.metrics ?? []) {
        if (typeof row[0] !== "string") continue;
        assertKnown(row[0], row[1]);
        if (row[0] === outputs.namespace) shown.add(row[1]);
        regions.add(row.at(-1)?.region ?? properties.region);
      }
    }
    assert.deepEqual([...regions].sort(), [...REGIONS].sort());
    for (const metric of [
      "EventsStarted",
      "EventsEnded",
      "EventsFailed",
      "LegsRecorded",
      "LegsIncomplete",
      "SecondsOfAudio",
      "Throttles",
    ])
      assert.ok(shown.has(metric), `no widget shows ${metric}`);
  });

  it("the connectors write media logs, and no SIP logs, which hold phone numbers", async () => {
    const { chime, connectors } = deployed();
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = chime.env;
    const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
    for (const region of REGIONS) {
      const client = new ChimeSDKVoiceClient({ endpoint: chime.endpoint, region, credentials });
      const get = new GetVoiceConnectorLoggingConfigurationCommand({ VoiceConnectorId: connectors[region] });
      const { LoggingConfiguration } = await client.send(get);
      assert.deepEqual(LoggingConfiguration, { EnableMediaMetricLogs: true, EnableSIPLogs: false });
      client.destroy();
    }
  });
}
