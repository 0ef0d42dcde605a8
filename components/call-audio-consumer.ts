import * as pulumi from "@pulumi/pulumi";
import { faultsError } from "../dynamic-providers/shim.js";
import { type Aws, awsPackage } from "./aws-package.js";
import type { CallAudioConsumerArgs, RecordingMode } from "./call-audio-consumer-args.js";
import { callAudioConsumerFaults } from "./call-audio-consumer-faults.js";
import { type ConsumerSettings, consumerSettings } from "./call-audio-consumer-settings.js";
import { makeArchiveFunction, makeReconcileFunction } from "./consumer-functions.js";
import type { Deployment } from "./deployment.js";
import { makeEventQueue } from "./event-queue.js";
import { lambdaBundle } from "./lambda-bundle.js";
import { makeLiveService } from "./live-service.js";
import { givenBucket, makeBucket } from "./recordings-bucket.js";
import { ResourceNames } from "./resource-names.js";
import { markDays } from "./retention-demands.js";
import { stackRegion } from "./stack-region.js";

/** A value for each region that the consumer has connectors in. */
export type ByRegion<T> = Readonly<Record<string, T>>;

/**
 * Turns the calls of streaming Voice Connectors into recordings in a bucket, on what AWS runs: in each region an EventBridge rule, an
 * SQS queue with a dead-letter queue, a Lambda function that records legs that have ended (or, in live mode, Fargate tasks that read
 * them while they are spoken) and one that looks for legs that nobody recorded.
 *
 * Needs `@pulumi/aws` 7 beside this package. All faults of the arguments are reported together, before anything is registered.
 */
export class CallAudioConsumer extends pulumi.ComponentResource {
  static readonly type = "pulumi-chime-voice-streaming:index:CallAudioConsumer";

  readonly mode: RecordingMode;
  readonly regions: readonly string[];
  /** Name of the bucket with the recordings. */
  readonly bucket: pulumi.Output<string>;
  readonly keyPrefix: string;
  /** CloudWatch namespace of the consumer's metrics; their one dimension is `Region`. */
  readonly metricsNamespace: string;
  readonly queueUrls: ByRegion<pulumi.Output<string>>;
  readonly queueArns: ByRegion<pulumi.Output<string>>;
  readonly deadLetterQueueUrls: ByRegion<pulumi.Output<string>>;
  readonly deadLetterQueueArns: ByRegion<pulumi.Output<string>>;
  /** Of the functions that record legs that have ended. Empty in live mode. */
  readonly archiveFunctionArns: ByRegion<pulumi.Output<string>>;
  /** Of the functions that look for legs nobody recorded. */
  readonly reconcileFunctionArns: ByRegion<pulumi.Output<string>>;
  /** Of whoever records, in each region: for grants of your own, such as a key's policy. */
  readonly recorderRoleArns: ByRegion<pulumi.Output<string>>;
  readonly reconcileRoleArns: ByRegion<pulumi.Output<string>>;
  /** In live mode alone. */
  readonly clusterName: pulumi.Output<string> | undefined;
  /** In live mode alone. */
  readonly serviceArn: pulumi.Output<string> | undefined;

  /** @internal For StreamingMonitoring. */
  readonly settings: ConsumerSettings;
  /** @internal For StreamingMonitoring. */
  readonly names: ResourceNames;

  constructor(name: string, args: CallAudioConsumerArgs, options?: pulumi.ComponentResourceOptions) {
    super(CallAudioConsumer.type, name, {}, options);
    const defaultRegion = stackRegion();
    const faults = callAudioConsumerFaults(args, defaultRegion);
    if (faults.length) throw faultsError(`The arguments of "${name}" cannot be used:`, faults, this);
    const aws = awsPackage("CallAudioConsumer");
    const bundle = lambdaBundle();

    this.settings = consumerSettings(name, args, defaultRegion);
    this.names = new ResourceNames(pulumi.getProject(), pulumi.getStack(), name);
    const deployment = this.#deployment(aws, name);
    const { settings } = deployment;
    const regions = [...settings.regions].map(([region, connectors]) => {
      const plan = { region, connectors };
      const queue = makeEventQueue(deployment, plan);
      const live = settings.live && makeLiveService(deployment, plan, queue, settings.live);
      const archive = live ? undefined : makeArchiveFunction(deployment, plan, queue, bundle);
      return { region, queue, archive, live, reconcile: makeReconcileFunction(deployment, plan, queue, bundle) };
    });

    this.mode = settings.mode;
    this.regions = regions.map(({ region }) => region);
    this.bucket = deployment.bucket.name;
    this.keyPrefix = settings.keyPrefix;
    this.metricsNamespace = this.names.namespace;
    this.queueUrls = keyed(regions, ({ queue }) => queue.url);
    this.queueArns = keyed(regions, ({ queue }) => queue.arn);
    this.deadLetterQueueUrls = keyed(regions, ({ queue }) => queue.deadLetterUrl);
    this.deadLetterQueueArns = keyed(regions, ({ queue }) => queue.deadLetterArn);
    this.archiveFunctionArns = keyed(regions, ({ archive }) => archive?.arn);
    this.reconcileFunctionArns = keyed(regions, ({ reconcile }) => reconcile.arn);
    this.recorderRoleArns = keyed(regions, ({ archive, live }) => archive?.role ?? live?.taskRoleArn);
    this.reconcileRoleArns = keyed(regions, ({ reconcile }) => reconcile.role);
    this.clusterName = regions[0]?.live?.clusterName;
    this.serviceArn = regions[0]?.live?.serviceArn;
    this.registerOutputs({
      bucket: this.bucket,
      keyPrefix: this.keyPrefix,
      regions: this.regions,
      metricsNamespace: this.metricsNamespace,
      queueUrls: this.queueUrls,
      deadLetterQueueUrls: this.deadLetterQueueUrls,
      archiveFunctionArns: this.archiveFunctionArns,
      reconcileFunctionArns: this.reconcileFunctionArns,
      clusterName: this.clusterName,
      serviceArn: this.serviceArn,
    });
  }

  #deployment(aws: Aws, name: string): Deployment {
    const { settings, names } = this;
    const { keyPrefix, kmsKeyArn, tags } = settings;
    const own = { aws, parent: this, name, names, keyPrefix, kmsKeyArn, tags };
    const bucket =
      "name" in settings.bucket
        ? givenBucket(settings.bucket.name)
        : makeBucket({ ...own, settings: settings.bucket, markDays: markDays(settings) });
    const { accountId } = aws.getCallerIdentityOutput({}, { parent: this });
    return { aws, parent: this, name, names, accountId, settings, bucket };
  }
}

function keyed<Region extends { region: string }>(
  regions: Region[],
  pick: (region: Region) => pulumi.Output<string> | undefined,
): ByRegion<pulumi.Output<string>> {
  const entries = regions.flatMap((region) => {
    const value = pick(region);
    return value ? [[region.region, value] as const] : [];
  });
  return Object.fromEntries(entries);
}
