import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import type { Clients } from "../clients.js";
import { fromAws, given, type Inputs, type Kind, orGone, tagList, tagMap, tagsGone, toAws } from "../kind.js";

const listOf = (dimensions: Record<string, string> = {}) =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
const mapOf = (dimensions: { Name?: string; Value?: string }[] = []) =>
  Object.fromEntries(dimensions.map(({ Name, Value }) => [Name!, Value!]));

async function putAlarm(inputs: Inputs, clients: Clients): Promise<void> {
  const fields = toAws(given(inputs, "name", "dimensions", "metricQueries", "tags"));
  await clients.get(CloudWatchClient, inputs.region).send(
    new PutMetricAlarmCommand({
      ...fields,
      AlarmName: inputs.name,
      Dimensions: inputs.metricName ? listOf(inputs.dimensions) : undefined,
      Metrics: inputs.metricQueries?.map(metricQuery),
      Tags: tagList(inputs.tags),
    }),
  );
}

function metricQuery({ metric, id, ...query }: Inputs) {
  if (!metric) return { Id: id, ...toAws(query) };
  const { stat, period, unit, dimensions, ...of } = metric;
  const Metric = { ...toAws(of), Dimensions: listOf(dimensions) };
  return { Id: id, ...toAws(query), MetricStat: { Stat: stat, Period: period, Unit: unit, Metric } };
}

function metricQueryInputs({ MetricStat, ...query }: Inputs) {
  if (!MetricStat) return fromAws(query);
  const { Metric, ...stat } = MetricStat;
  return { ...fromAws(query), metric: { ...fromAws(stat), ...fromAws(Metric), dimensions: mapOf(Metric.Dimensions) } };
}

const alarm: Kind = {
  properties: [
    ...["name", "alarmDescription", "namespace", "metricName", "dimensions", "statistic", "extendedStatistic"],
    ...["period", "evaluationPeriods", "datapointsToAlarm", "threshold", "comparisonOperator", "treatMissingData"],
    ...["metricQueries", "unit", "actionsEnabled", "alarmActions", "okActions", "tags"],
  ],
  named: "name",
  replaceOn: ["name"],
  async create(inputs, clients) {
    await putAlarm(inputs, clients);
    return inputs.name;
  },
  async read(name, inputs, clients) {
    const cloudWatch = clients.get(CloudWatchClient, inputs.region);
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    const held = MetricAlarms?.[0];
    if (!held) return undefined;
    const { Tags } = await cloudWatch.send(new ListTagsForResourceCommand({ ResourceARN: held.AlarmArn }));
    return {
      inputs: {
        ...fromAws(held),
        name,
        dimensions: mapOf(held.Dimensions),
        metricQueries: held.Metrics?.map(metricQueryInputs),
        tags: tagMap(Tags),
      },
      outputs: { arn: held.AlarmArn, name },
    };
  },
  async update(_name, inputs, clients, before) {
    await putAlarm(inputs, clients);
    const cloudWatch = clients.get(CloudWatchClient, inputs.region);
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [inputs.name] }));
    const ResourceARN = MetricAlarms?.[0]?.AlarmArn;
    const TagKeys = tagsGone(before, inputs);
    if (TagKeys.length) await cloudWatch.send(new UntagResourceCommand({ ResourceARN, TagKeys }));
    if (inputs.tags) await cloudWatch.send(new TagResourceCommand({ ResourceARN, Tags: tagList(inputs.tags) }));
  },
  async delete(name, inputs, clients) {
    await clients.get(CloudWatchClient, inputs.region).send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
  },
};

async function putDashboard(inputs: Inputs, clients: Clients): Promise<void> {
  const { dashboardName: DashboardName, dashboardBody: DashboardBody, region } = inputs;
  const put = new PutDashboardCommand({ DashboardName, DashboardBody });
  const { DashboardValidationMessages = [] } = await clients.get(CloudWatchClient, region).send(put);
  if (DashboardValidationMessages.length) throw new Error(JSON.stringify(DashboardValidationMessages));
}

const dashboard: Kind = {
  properties: ["dashboardName", "dashboardBody"],
  replaceOn: ["dashboardName"],
  async create(inputs, clients) {
    await putDashboard(inputs, clients);
    return inputs.dashboardName;
  },
  async read(DashboardName, inputs, clients) {
    const get = new GetDashboardCommand({ DashboardName });
    const held = await orGone(clients.get(CloudWatchClient, inputs.region).send(get), "ResourceNotFound");
    if (!held) return undefined;
    const outputs = { dashboardArn: held.DashboardArn };
    return { inputs: { dashboardName: DashboardName, dashboardBody: held.DashboardBody }, outputs };
  },
  update: (_name, inputs, clients) => putDashboard(inputs, clients),
  async delete(name, inputs, clients) {
    const remove = new DeleteDashboardsCommand({ DashboardNames: [name] });
    await orGone(clients.get(CloudWatchClient, inputs.region).send(remove), "ResourceNotFound");
  },
};

export const kinds: Record<string, Kind> = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
  "aws:cloudwatch/dashboard:Dashboard": dashboard,
};
