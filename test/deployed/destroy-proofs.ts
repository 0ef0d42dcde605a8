import assert from "node:assert/strict";
import {
  ChimeSDKVoiceClient,
  GetVoiceConnectorLoggingConfigurationCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import type { Region } from "./cloud.js";
import type { Deployment } from "./deployment.js";

/** Lists of all that a deployment makes, in a region. */
const LISTS: [service: string, command: string, field: string][] = [
  ["sqs", "list-queues", "QueueUrls"],
  ["lambda", "list-functions", "Functions"],
  ["lambda", "list-event-source-mappings", "EventSourceMappings"],
  ["events", "list-rules", "Rules"],
  ["logs", "describe-log-groups", "logGroups"],
  ["ecs", "list-clusters", "clusterArns"],
  ["cloudwatch", "describe-alarms", "MetricAlarms"],
  ["cloudwatch", "list-dashboards", "DashboardEntries"],
];

async function assertGone(deployment: Deployment, region: Region): Promise<void> {
  const { cli, chime, connectors } = deployment;
  for (const [service, command, field] of LISTS)
    assert.deepEqual((await cli(service, command, "--region", region))[field], [], `${region}: ${service} ${command}`);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = chime.env;
  const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
  const client = new ChimeSDKVoiceClient({ endpoint: chime.endpoint, region, credentials });
  const VoiceConnectorId = connectors[region];
  const streaming = new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId });
  await assert.rejects(client.send(streaming), { name: "NotFoundException" });
  const logging = new GetVoiceConnectorLoggingConfigurationCommand({ VoiceConnectorId });
  const { LoggingConfiguration } = await client.send(logging);
  assert.deepEqual(LoggingConfiguration, { EnableMediaMetricLogs: false, EnableSIPLogs: false });
  client.destroy();
}

/** Destroys, and looks at what is left: buckets alone, and of these the ones that are returned. */
export async function destroyed(deployment: Deployment, regions: readonly Region[]): Promise<string[]> {
  const { cli } = deployment;
  await deployment.pulumi("destroy", "--yes", "--skip-preview");
  await Promise.all(regions.map((region) => assertGone(deployment, region)));
  assert.deepEqual((await cli("iam", "list-roles")).Roles, []);
  const { Buckets } = await cli("s3api", "list-buckets");
  return Buckets.map(({ Name }: { Name: string }) => Name);
}
