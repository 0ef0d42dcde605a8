/** A list price of AWS in US East (N. Virginia), before free tiers, discounts and taxes. */
export interface Price {
  usd: number;
  /** What it is paid for. */
  per: string;
  /** Where AWS has it. */
  page: string;
}

/** When these were known; AWS changes them without asking. */
export const PRICES_AS_OF = "2025";

const LAMBDA = "https://aws.amazon.com/lambda/pricing/";
const FARGATE = "https://aws.amazon.com/fargate/pricing/";
const KINESIS_VIDEO = "https://aws.amazon.com/kinesis/video-streams/pricing/";
const S3 = "https://aws.amazon.com/s3/pricing/";
const SQS = "https://aws.amazon.com/sqs/pricing/";
const CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/";
const VPC = "https://aws.amazon.com/vpc/pricing/";

/** Events that AWS services send, and schedules on rules, cost nothing: https://aws.amazon.com/eventbridge/pricing/ */
export const prices = {
  kinesisVideoIn: { usd: 0.0085, per: "GB taken in by Kinesis Video Streams", page: KINESIS_VIDEO },
  kinesisVideoOut: { usd: 0.0085, per: "GB given out by Kinesis Video Streams", page: KINESIS_VIDEO },
  kinesisVideoKept: { usd: 0.023, per: "GB-month kept by Kinesis Video Streams", page: KINESIS_VIDEO },
  lambdaArm: { usd: 0.0000133334, per: "GB-second of Lambda, arm64", page: LAMBDA },
  lambdaX86: { usd: 0.0000166667, per: "GB-second of Lambda, x86_64", page: LAMBDA },
  lambdaStorage: { usd: 0.0000000309, per: "GB-second of /tmp beyond 512 MB", page: LAMBDA },
  lambdaRequest: { usd: 0.2e-6, per: "Lambda request", page: LAMBDA },
  fargateCpu: { usd: 0.03238, per: "vCPU-hour of Fargate, arm64", page: FARGATE },
  fargateMemory: { usd: 0.00356, per: "GB-hour of Fargate, arm64", page: FARGATE },
  fargateStorage: { usd: 0.000111, per: "GB-hour of a task's disk beyond 20 GB", page: FARGATE },
  publicAddress: { usd: 0.005, per: "hour of a public IPv4 address", page: VPC },
  natGateway: { usd: 0.045, per: "hour of a NAT gateway", page: VPC },
  natGatewayData: { usd: 0.045, per: "GB through a NAT gateway", page: VPC },
  sqsRequest: { usd: 0.4e-6, per: "request to a standard queue", page: SQS },
  s3Write: { usd: 5e-6, per: "PUT, POST or LIST request to S3", page: S3 },
  s3Read: { usd: 0.4e-6, per: "GET or HEAD request to S3", page: S3 },
  s3Kept: { usd: 0.023, per: "GB-month in S3 Standard", page: S3 },
  logsIn: { usd: 0.5, per: "GB into CloudWatch Logs", page: CLOUDWATCH },
  metric: { usd: 0.3, per: "month of a custom metric", page: CLOUDWATCH },
  alarm: { usd: 0.1, per: "month of an alarm", page: CLOUDWATCH },
  dashboard: { usd: 3, per: "month of a dashboard", page: CLOUDWATCH },
} as const satisfies Record<string, Price>;
