import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PulumiProject } from "../../engine/pulumi-project.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { type AwsCli, awsCli } from "../aws-cli.js";
import { engine, printed } from "../engine/stack.js";
import { ACCOUNT_ID, type Ministack, startMinistack } from "../ministack.js";
import { addStandIn, pluginYaml, standInEnv } from "./plugin.js";

/** Every resource type that the stand-in has, in one program; one setting changes by configuration. */
const program = `
const pulumi = require("@pulumi/pulumi");
const aws = require("@pulumi/aws");
const config = new pulumi.Config();
const region = "eu-central-1";
const tags = config.requireObject("tags");
const json = (value) => pulumi.jsonStringify(value);

const dead = new aws.sqs.Queue("dead", { messageRetentionSeconds: 1209600, sqsManagedSseEnabled: true, tags, region });
const queue = new aws.sqs.Queue("events", {
  name: "events",
  visibilityTimeoutSeconds: 60,
  redrivePolicy: json({ deadLetterTargetArn: dead.arn, maxReceiveCount: 3 }),
  tags, region,
});
const allow = { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queue.arn };
new aws.sqs.QueuePolicy("events", { queueUrl: queue.url, policy: json({ Version: "2012-10-17", Statement: [allow] }), region });
const rule = new aws.cloudwatch.EventRule("events", { eventPattern: json({ source: ["aws.chime"] }), tags, region });
new aws.cloudwatch.EventTarget("events", { rule: rule.name, targetId: "queue", arn: queue.arn, deadLetterConfig: { arn: dead.arn }, region });
const hourly = new aws.cloudwatch.EventRule("hourly", { scheduleExpression: "rate(1 hour)", region });

const role = new aws.iam.Role("function", {
  assumeRolePolicy: json({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }),
  tags,
});
new aws.iam.RolePolicy("function", { role: role.name, policy: json({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:ReceiveMessage", Resource: queue.arn }] }) });
const logs = new aws.cloudwatch.LogGroup("function", { retentionInDays: 30, tags, region });
const echo = new aws.lambda.Function("echo", {
  runtime: "nodejs24.x", architectures: ["arm64"], handler: "index.handler", role: role.arn, timeout: 30, memorySize: 256,
  ephemeralStorage: { size: 1024 },
  code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = async () => ({ greeting: process.env.GREETING, given: process.env.GIVEN_BY_AWS })") }),
  environment: { variables: { GREETING: config.require("greeting") } },
  loggingConfig: { logFormat: "Text", logGroup: logs.name },
  tags, region,
});
new aws.lambda.EventSourceMapping("echo", { eventSourceArn: queue.arn, functionName: echo.arn, batchSize: 1, functionResponseTypes: ["ReportBatchItemFailures"], scalingConfig: { maximumConcurrency: 10 }, region });
new aws.lambda.Permission("echo", { action: "lambda:InvokeFunction", function: echo.name, principal: "events.amazonaws.com", sourceArn: hourly.arn, region });
new aws.cloudwatch.EventTarget("hourly", { rule: hourly.name, arn: echo.arn, inputTransformer: { inputPaths: { time: "$.time" }, inputTemplate: '{"time":<time>}' }, region });

const bucket = new aws.s3.Bucket("calls", { bucketPrefix: "calls-", forceDestroy: true, objectLockEnabled: true, tags, region });
const of = { bucket: bucket.bucket, region };
new aws.s3.BucketPublicAccessBlock("calls", { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true });
new aws.s3.BucketOwnershipControls("calls", { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } });
new aws.s3.BucketServerSideEncryptionConfiguration("calls", { ...of, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: true }] });
new aws.s3.BucketLifecycleConfiguration("calls", { ...of, rules: [{ id: "expire", status: "Enabled", filter: { prefix: "calls/" }, expiration: { days: 90 }, abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } }] });
new aws.s3.BucketVersioning("calls", { ...of, versioningConfiguration: { status: "Enabled" } });
new aws.s3.BucketObjectLockConfiguration("calls", { ...of, rule: { defaultRetention: { mode: "GOVERNANCE", days: 1 } } });
new aws.s3.BucketPolicy("calls", { ...of, policy: json({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [bucket.arn, pulumi.interpolate\`\${bucket.arn}/*\`], Condition: { Bool: { "aws:SecureTransport": "false" } } }] }) });

new aws.cloudwatch.MetricAlarm("dead", { namespace: "AWS/SQS", metricName: "ApproximateNumberOfMessagesVisible", dimensions: { QueueName: dead.name }, statistic: "Maximum", period: 60, evaluationPeriods: 1, threshold: 0, comparisonOperator: "GreaterThanThreshold", treatMissingData: "notBreaching", tags, region });
new aws.cloudwatch.Dashboard("calls", { dashboardName: "calls", dashboardBody: json({ widgets: [] }), region });

const cluster = new aws.ecs.Cluster("live", { tags, region });
const task = new aws.ecs.TaskDefinition("live", { family: "live", cpu: "256", memory: "512", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" }, containerDefinitions: json([{ name: "worker", image: "worker", essential: true }]), region });
const service = new aws.ecs.Service("live", { cluster: cluster.arn, taskDefinition: task.arn, desiredCount: 0, launchType: "FARGATE", networkConfiguration: { subnets: ["subnet-1"], assignPublicIp: true }, tags, region });
const scaled = { resourceId: pulumi.interpolate\`service/\${cluster.name}/\${service.name}\`, scalableDimension: "ecs:service:DesiredCount", serviceNamespace: "ecs", region };
new aws.appautoscaling.Target("live", { ...scaled, minCapacity: 1, maxCapacity: 2 });
new aws.chime.VoiceConnectorLogging("office", { voiceConnectorId: config.require("connector"), enableMediaMetricLogs: true, enableSipLogs: false, region });

exports.queueUrl = queue.url;
exports.function = echo.name;
exports.bucket = bucket.bucket;
exports.account = aws.getCallerIdentityOutput().accountId;
`;

describe("the stand-in for the aws provider", function () {
  this.timeout(120_000);
  let ministack: Ministack;
  let chime: LocalAws;
  let project: PulumiProject;
  let aws: AwsCli;
  let outputs: Record<string, string>;
  const region = ["--region", "eu-central-1"];

  before(async function () {
    ministack = await startMinistack(this, { enforcePolicies: true });
    aws = await awsCli(this, ministack.env);
    chime = await startLocalAws();
    const settings = {
      accountId: ACCOUNT_ID,
      endpoint: ministack.endpoint,
      chimeEndpoint: chime.endpoint,
      functionEnvironment: { GIVEN_BY_AWS: "region and credentials" },
    };
    project = await PulumiProject.create({
      engine: await engine(),
      files: {
        "Pulumi.yaml": `name: all\nruntime: nodejs\nmain: index.js\n${pluginYaml}`,
        "package.json": '{ "name": "all", "private": true }',
        "index.js": program,
      },
      env: { ...standInEnv(settings), NODE_EXTRA_CA_CERTS: ministack.env.NODE_EXTRA_CA_CERTS! },
      linked: ["@pulumi/pulumi", "@pulumi/aws", "typescript", "@types/node"],
    });
    await addStandIn(project.directory);
    const connector = chime.control.createVoiceConnector("eu-central-1").id;
    for (const args of [
      ["stack", "init", "dev"],
      ["config", "set", "connector", connector],
      ["config", "set", "greeting", "hello"],
      ["config", "set", "--path", "tags.team", "telephony"],
    ])
      await pulumi(...args);
  });
  after(async () => {
    await project?.dispose();
    await chime?.close();
    await ministack?.stop();
  });

  async function pulumi(...args: string[]): Promise<string> {
    const result = await project.pulumi(...args, "--non-interactive");
    assert.equal(result.exitCode, 0, printed(result));
    return result.stdout;
  }

  /** What the function says when it is called. */
  async function answer(): Promise<{ greeting: string; given: string }> {
    const file = join(project.directory, "answer.json");
    await aws("lambda", "invoke", "--function-name", outputs.function!, file, ...region);
    return JSON.parse(await readFile(file, "utf8"));
  }

  it("makes what the program says, in the region it says, with what AWS itself gives to functions", async () => {
    await pulumi("up", "--yes", "--skip-preview");
    outputs = JSON.parse(await pulumi("stack", "output", "--json"));
    assert.equal(outputs.account, ACCOUNT_ID);
    const attributes = ["--attribute-names", "All", "--queue-url", outputs.queueUrl!];
    const { Attributes } = await aws("sqs", "get-queue-attributes", ...attributes, ...region);
    assert.equal(Attributes.QueueArn, `arn:aws:sqs:eu-central-1:${ACCOUNT_ID}:events`);
    assert.equal(Attributes.VisibilityTimeout, "60");
    assert.equal(JSON.parse(Attributes.RedrivePolicy).maxReceiveCount, 3);
    assert.deepEqual(await answer(), { greeting: "hello", given: "region and credentials" });
    const { ServerSideEncryptionConfiguration } = await aws(
      "s3api",
      "get-bucket-encryption",
      "--bucket",
      outputs.bucket!,
    );
    assert.equal(ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm, "AES256");
  });

  it("sees no changes right after, also not when it asks AWS", async () => {
    await pulumi("preview", "--expect-no-changes", "--refresh");
  });

  it("sees what was changed behind its back; up repairs it, makes what the program changed, and nothing else", async () => {
    const attributes = ["--queue-url", outputs.queueUrl!, "--attributes", "VisibilityTimeout=7"];
    await aws("sqs", "set-queue-attributes", ...attributes, ...region);
    assert.match(await pulumi("refresh", "--yes", "--skip-preview", "--diff"), /visibilityTimeoutSeconds: 60 => 7/);
    await pulumi("config", "set", "greeting", "good morning");
    assert.match(await pulumi("up", "--yes", "--skip-preview"), /~ 2 updated\n +\d+ unchanged/);
    const name = ["--attribute-names", "VisibilityTimeout", "--queue-url", outputs.queueUrl!];
    const { Attributes } = await aws("sqs", "get-queue-attributes", ...name, ...region);
    assert.equal(Attributes.VisibilityTimeout, "60");
    assert.equal((await answer()).greeting, "good morning");
  });

  it("refuses a type and a property that it does not know", async () => {
    await project.write("index.js", `new (require("@pulumi/aws").sns.Topic)("news", {});`);
    assert.match(printed(await project.pulumi("preview", "--non-interactive")), /has no aws:sns\/topic:Topic/);
    await project.write("index.js", `new (require("@pulumi/aws").sqs.Queue)("calls", { fifoQueue: true });`);
    assert.match(
      printed(await project.pulumi("preview", "--non-interactive")),
      /property fifoQueue .*does not know it/,
    );
  });

  it("leaves nothing after destroy", async () => {
    await pulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual((await aws("sqs", "list-queues", ...region)).QueueUrls, []);
    assert.deepEqual((await aws("lambda", "list-functions", ...region)).Functions, []);
    assert.deepEqual((await aws("lambda", "list-event-source-mappings", ...region)).EventSourceMappings, []);
    assert.deepEqual((await aws("events", "list-rules", ...region)).Rules, []);
    assert.deepEqual((await aws("iam", "list-roles")).Roles, []);
    assert.deepEqual((await aws("logs", "describe-log-groups", ...region)).logGroups, []);
    assert.deepEqual((await aws("s3api", "list-buckets")).Buckets, []);
    assert.deepEqual((await aws("cloudwatch", "describe-alarms", ...region)).MetricAlarms, []);
    assert.deepEqual((await aws("cloudwatch", "list-dashboards", ...region)).DashboardEntries, []);
  });
});
