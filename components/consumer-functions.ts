import * as pulumi from "@pulumi/pulumi";
import { ARCHIVE_VISIBILITY_SECONDS, LAMBDA_TIMEOUT_SECONDS, lambdaStorageMb } from "./consumer-sizing.js";
import {
  commonEnvironment,
  type Deployment,
  type EventQueue,
  makeLogGroup,
  makeRole,
  type RegionPlan,
  reachOf,
} from "./deployment.js";
import { type Statement, trustPolicy } from "./policy-documents.js";
import { NAME_LIMITS, type ResourceNames } from "./resource-names.js";
import { archiveStatements, reconcileStatements } from "./role-statements.js";

/** A current runtime of Node.js, that Lambda patches by itself. */
const RUNTIME = "nodejs24.x";
const RECONCILE_MEMORY_MB = 512;
const RECONCILE_STORAGE_MB = 512;

export type FunctionKind = "archive" | "reconcile";

export const functionName = (names: ResourceNames, kind: FunctionKind, region: string) =>
  names.of(kind, NAME_LIMITS.function, region);

interface FunctionSettings {
  kind: FunctionKind;
  description: string;
  memoryMb: number;
  storageMb: number;
  environment: Record<string, pulumi.Input<string>>;
  statements: (logGroupArn: pulumi.Output<string>) => pulumi.Input<Statement[]>;
}

function makeFunction(deployment: Deployment, { region }: RegionPlan, bundle: string, settings: FunctionSettings) {
  const { aws, parent, name, names } = deployment;
  const { kind, memoryMb, storageMb, description } = settings;
  const ownName = functionName(names, kind, region);
  const logs = makeLogGroup(deployment, { kind, region, groupName: `/aws/lambda/${ownName}` });
  const statements = settings.statements(logs.arn);
  const role = makeRole(deployment, { kind, region, trust: trustPolicy("lambda"), description, statements });
  return new aws.lambda.Function(
    `${name}-${kind}-${region}`,
    {
      name: ownName,
      description,
      role: role.arn,
      handler: `index.${kind}`,
      runtime: RUNTIME,
      architectures: ["arm64"],
      code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(bundle) }),
      timeout: LAMBDA_TIMEOUT_SECONDS,
      memorySize: memoryMb,
      ephemeralStorage: { size: storageMb },
      environment: { variables: settings.environment },
      // Lines as they are printed: they are JSON already, and metrics are read from them.
      loggingConfig: { logFormat: "Text", logGroup: logs.name },
      tags: deployment.settings.tags,
      region,
    },
    { parent, dependsOn: [role.policy] },
  );
}

/** Records legs that have ended: a message at a time, as each may take minutes. */
export function makeArchiveFunction(deployment: Deployment, plan: RegionPlan, queue: EventQueue, bundle: string) {
  const { aws, parent, name, settings } = deployment;
  const { region } = plan;
  const made = makeFunction(deployment, plan, bundle, {
    kind: "archive",
    description: "Records call legs out of Kinesis Video Streams when they have ended",
    memoryMb: settings.archive.memoryMb,
    storageMb: lambdaStorageMb(settings.maxCallHours, settings.stereo),
    environment: {
      ...commonEnvironment(deployment, plan, queue),
      SPOOL_DIRECTORY: "/tmp",
      VISIBILITY_TIMEOUT_SECONDS: String(ARCHIVE_VISIBILITY_SECONDS),
    },
    statements: (logGroupArn) => reachOf(deployment, plan, queue, logGroupArn).apply(archiveStatements),
  });
  new aws.lambda.EventSourceMapping(
    `${name}-archive-mapping-${region}`,
    {
      eventSourceArn: queue.arn,
      functionName: made.arn,
      batchSize: 1,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Reserved concurrency would have the mapping's invocations refused, which count as deliveries.
      scalingConfig: { maximumConcurrency: settings.archive.maximumConcurrency },
      tags: settings.tags,
      region,
    },
    { parent },
  );
  return made;
}

/** Looks for legs that nobody recorded. */
export function makeReconcileFunction(deployment: Deployment, plan: RegionPlan, queue: EventQueue, bundle: string) {
  const { settings } = deployment;
  const { hours, dailySweep, detailRecordsBucket } = settings.reconcile;
  const made = makeFunction(deployment, plan, bundle, {
    kind: "reconcile",
    description: "Looks for call legs that nobody recorded",
    memoryMb: RECONCILE_MEMORY_MB,
    storageMb: RECONCILE_STORAGE_MB,
    environment: {
      ...commonEnvironment(deployment, plan, queue),
      RECONCILE_HOURS: String(hours),
      MAX_CALL_HOURS: String(settings.maxCallHours),
      RECOVERY_WINDOW_HOURS: String(settings.recoveryWindowHours),
      ...(detailRecordsBucket && { DETAIL_RECORDS_BUCKET: detailRecordsBucket }),
    },
    statements: (logGroupArn) =>
      pulumi
        .all([reachOf(deployment, plan, queue, logGroupArn), detailRecordsBucket])
        .apply(([reach, records]) => reconcileStatements(reach, records)),
  });
  schedule(deployment, plan, made, { tier: "marks", expression: `rate(${hours} hour${hours === 1 ? "" : "s"})` });
  // A day's sweep is done in shares, one for each hour of the day. In its middle: a rate may come late in one hour and early in the
  // next but one, which leaves out the share between them.
  if (dailySweep) schedule(deployment, plan, made, { tier: "sweep", expression: "cron(30 * * * ? *)" });
  return made;
}

/** @param tier what the function is to do, beside the time of the schedule's event */
function schedule(
  { aws, parent, name, names, settings }: Deployment,
  { region }: RegionPlan,
  target: ReturnType<typeof makeFunction>,
  { tier, expression }: { tier: "marks" | "sweep"; expression: string },
): void {
  const rule = new aws.cloudwatch.EventRule(
    `${name}-${tier}-rule-${region}`,
    {
      name: names.of(tier, NAME_LIMITS.rule, region),
      description: `Looks for legs that nobody recorded: ${tier}`,
      scheduleExpression: expression,
      tags: settings.tags,
      region,
    },
    { parent },
  );
  const permission = new aws.lambda.Permission(
    `${name}-${tier}-permission-${region}`,
    {
      function: target.name,
      statementId: tier,
      action: "lambda:InvokeFunction",
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
      region,
    },
    { parent },
  );
  new aws.cloudwatch.EventTarget(
    `${name}-${tier}-target-${region}`,
    {
      rule: rule.name,
      targetId: "reconcile",
      arn: target.arn,
      // EventBridge quotes what it puts into a template that is JSON.
      inputTransformer: { inputPaths: { time: "$.time" }, inputTemplate: `{"tier":"${tier}","time":<time>}` },
      region,
    },
    { parent, dependsOn: [permission] },
  );
}
