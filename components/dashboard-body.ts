import type { MonitoredRegion } from "./monitored-region.js";

/** A metric as a dashboard has it: namespace, name, dimensions, and how it is drawn. */
type Metric = (string | Record<string, unknown>)[];

interface Graph {
  title: string;
  metrics: Metric[];
  stat?: string;
  stacked?: boolean;
  label?: string;
}

const GRID_WIDTH = 24;
const GRAPHS_A_ROW = 3;
const GRAPH_HEIGHT = 6;
const PERIOD = 300;

/** The text of a dashboard: regions one below the other, each with the same graphs. */
export function dashboardBody(title: string, regions: readonly MonitoredRegion[]): string {
  const widgets: Record<string, unknown>[] = [];
  let y = 0;
  for (const monitored of regions) {
    const markdown = `# ${title}: ${monitored.region}, ${monitored.mode} mode`;
    widgets.push({ type: "text", x: 0, y, width: GRID_WIDTH, height: 1, properties: { markdown } });
    y += 1;
    const graphs = graphsOf(monitored);
    const width = GRID_WIDTH / GRAPHS_A_ROW;
    for (const [i, graph] of graphs.entries()) {
      const [x, row] = [(i % GRAPHS_A_ROW) * width, Math.floor(i / GRAPHS_A_ROW)];
      const properties = graphProperties(graph, monitored.region);
      widgets.push({ type: "metric", x, y: y + row * GRAPH_HEIGHT, width, height: GRAPH_HEIGHT, properties });
    }
    y += Math.ceil(graphs.length / GRAPHS_A_ROW) * GRAPH_HEIGHT;
  }
  return JSON.stringify({ widgets });
}

function graphProperties({ title, metrics, stat, stacked, label }: Graph, region: string) {
  return {
    title,
    region,
    metrics,
    stat: stat ?? "Sum",
    period: PERIOD,
    view: "timeSeries",
    stacked: stacked ?? false,
    ...(label && { yAxis: { left: { label, showUnits: false, min: 0 } } }),
  };
}

function graphsOf(monitored: MonitoredRegion): Graph[] {
  const { namespace, region, queue, deadLetterQueue, eventRule, functions, service } = monitored;
  const own = (name: string, drawn: Record<string, unknown> = {}): Metric => [namespace, name, "Region", region, drawn];
  const sqs = (name: string, of: string, drawn: Record<string, unknown>): Metric => [
    "AWS/SQS",
    name,
    "QueueName",
    of,
    drawn,
  ];
  const functionMetrics = (name: string): Metric[] =>
    Object.entries(functions).map(([kind, of]) => [
      "AWS/Lambda",
      name,
      "FunctionName",
      of,
      { label: `${kind} ${name}` },
    ]);
  const maximum = { stat: "Maximum" };
  return [
    {
      title: "Events by status",
      metrics: [
        own("EventsStarted", { label: "STARTED" }),
        own("EventsEnded", { label: "ENDED" }),
        own("EventsFailed", { label: "FAILED" }),
        own("EventsRefused", { label: "refused" }),
      ],
      stacked: true,
    },
    {
      title: "Legs recorded",
      metrics: [
        own("LegsRecorded", { label: "recorded" }),
        own("LegsIncomplete", { label: "of them incomplete" }),
        own("LegsExpired", { label: "expired unread" }),
        own("CallsMixed", { label: "calls mixed" }),
      ],
    },
    { title: "Audio recorded", metrics: [own("SecondsOfAudio", { label: "seconds" })], label: "seconds" },
    {
      title: "Lag",
      metrics: [
        own("RecordingLag", { label: "end to recording, longest", ...maximum }),
        own("RecordingLag", { label: "end to recording, 90 %", stat: "p90" }),
        ...(service ? [own("PickupLag", { label: "beginning to reading, longest", ...maximum })] : []),
      ],
      label: "seconds",
    },
    {
      title: "Queue",
      metrics: [
        sqs("ApproximateNumberOfMessagesVisible", queue, { label: "waiting", ...maximum }),
        sqs("ApproximateNumberOfMessagesNotVisible", queue, { label: "being worked on", ...maximum }),
        sqs("ApproximateAgeOfOldestMessage", queue, { label: "oldest, s", yAxis: "right", ...maximum }),
        own("MessageAge", { label: "oldest of those tried again, s", yAxis: "right", ...maximum }),
      ],
    },
    {
      title: "Dead letters and undelivered events",
      metrics: [
        sqs("ApproximateNumberOfMessagesVisible", deadLetterQueue, { label: "dead letters", ...maximum }),
        ["AWS/Events", "FailedInvocations", "RuleName", eventRule, { label: "undelivered" }],
      ],
    },
    {
      title: "Retries and throttles",
      metrics: [
        own("Retries", { label: "later" }),
        own("Throttles", { label: "throttled by AWS" }),
        ...functionMetrics("Throttles"),
      ],
    },
    { title: "Functions' errors", metrics: functionMetrics("Errors") },
    {
      title: "Reconciliation",
      metrics: [
        own("LegsFoundByReconciliation", { label: "legs found" }),
        own("SweptStreams", { label: "streams swept" }),
        own("SweepUnfinished", { label: "sweeps not finished" }),
        own("StreamsWithoutRetention", { label: "streams without retention", ...maximum }),
        own("RetentionUsed", { label: "retention used, %", yAxis: "right", ...maximum }),
      ],
    },
    ...(service ? [liveGraph(own, service)] : []),
  ];
}

function liveGraph(
  own: (name: string, drawn?: Record<string, unknown>) => Metric,
  service: { cluster: string; name: string },
): Graph {
  const tasks = ["AWS/ECS", "CPUUtilization", "ClusterName", service.cluster, "ServiceName", service.name];
  return {
    title: "Live tasks",
    metrics: [
      own("LegsInProgress", { label: "legs a task, mean", stat: "Average" }),
      own("LegsInProgress", { label: "legs a task, most", stat: "Maximum" }),
      own("Handovers", { label: "handovers" }),
      [...tasks, { label: "CPU, %", stat: "Average", yAxis: "right" }],
    ],
  };
}
