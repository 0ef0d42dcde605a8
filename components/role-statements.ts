import { streamNamePrefix } from "../aws/voice-connector.js";
import type { Statement } from "./policy-documents.js";

/** What the statements of the roles are about; every name is known when a role is made. */
export interface Reach {
  accountId: string;
  region: string;
  voiceConnectorIds: readonly string[];
  bucketArn: string;
  keyPrefix: string;
  kmsKeyArn?: string | undefined;
  queueArn: string;
  deadLetterArn: string;
  logGroupArn: string;
}

const ARCHIVE_ACTIONS = [
  "kinesisvideo:DescribeStream",
  "kinesisvideo:GetDataEndpoint",
  "kinesisvideo:ListFragments",
  "kinesisvideo:GetMediaForFragmentList",
];

function readStreams({ accountId, region, voiceConnectorIds }: Reach, actions: string[]): Statement {
  const streams = `arn:aws:kinesisvideo:${region}:${accountId}:stream/`;
  return {
    Sid: "ReadStreams",
    Effect: "Allow",
    Action: actions,
    Resource: voiceConnectorIds.map((id) => `${streams}${streamNamePrefix(id)}*/*`),
  };
}

/** The upload of a large file that fails is given up. */
function keepRecordings({ bucketArn, keyPrefix }: Reach): Statement {
  return {
    Sid: "KeepRecordings",
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
    Resource: `${bucketArn}/${keyPrefix}/*`,
  };
}

/** Without it S3 answers "denied" where an object is not there. */
function listRecordings({ bucketArn, keyPrefix }: Reach): Statement {
  return {
    Sid: "ListRecordings",
    Effect: "Allow",
    Action: "s3:ListBucket",
    Resource: bucketArn,
    Condition: { StringLike: { "s3:prefix": `${keyPrefix}/*` } },
  };
}

/** Of the bucket's objects, and of streams under the same customer key. */
function useKey({ kmsKeyArn }: Reach): Statement[] {
  if (kmsKeyArn === undefined) return [];
  return [{ Sid: "UseKey", Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKeyArn }];
}

function takeEvents({ queueArn }: Reach, actions: string[]): Statement {
  const take = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];
  return { Sid: "TakeEvents", Effect: "Allow", Action: [...take, ...actions], Resource: queueArn };
}

function putAside({ deadLetterArn }: Reach): Statement {
  return { Sid: "PutAside", Effect: "Allow", Action: "sqs:SendMessage", Resource: deadLetterArn };
}

function writeLogs({ logGroupArn }: Reach): Statement {
  return {
    Sid: "WriteLogs",
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: `${logGroupArn}:*`,
  };
}

/** Of the function that records legs that have ended. Lambda itself takes messages by this role, and asks for the queue's attributes. */
export function archiveStatements(reach: Reach): Statement[] {
  return [
    readStreams(reach, ARCHIVE_ACTIONS),
    keepRecordings(reach),
    listRecordings(reach),
    ...useKey(reach),
    takeEvents(reach, ["sqs:GetQueueAttributes"]),
    putAside(reach),
    writeLogs(reach),
  ];
}

/** Of the function that looks for legs nobody recorded: it reads recordings, keeps marks, sends events, and puts aside what has expired. */
export function reconcileStatements(reach: Reach, detailRecordsBucket?: string): Statement[] {
  const { bucketArn, keyPrefix } = reach;
  const listStreams: Statement = {
    Sid: "ListStreams",
    Effect: "Allow",
    Action: "kinesisvideo:ListStreams",
    Resource: "*",
  };
  const readRecordings: Statement = {
    Sid: "ReadRecordings",
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: `${bucketArn}/${keyPrefix}/*`,
  };
  const keepMarks: Statement = {
    Sid: "KeepMarks",
    Effect: "Allow",
    Action: ["s3:PutObject", "s3:DeleteObject"],
    Resource: `${bucketArn}/${keyPrefix}/marks/*`,
  };
  const sendEvents: Statement = {
    Sid: "SendEvents",
    Effect: "Allow",
    Action: "sqs:SendMessage",
    Resource: reach.queueArn,
  };
  return [
    listStreams,
    readStreams(reach, ARCHIVE_ACTIONS),
    readRecordings,
    keepMarks,
    listRecordings(reach),
    ...useKey(reach),
    ...(detailRecordsBucket === undefined ? [] : readDetailRecords(detailRecordsBucket)),
    sendEvents,
    putAside(reach),
    writeLogs(reach),
  ];
}

/** Where Chime puts streaming detail records: https://docs.aws.amazon.com/chime-sdk/latest/ag/manage-global.html */
const DETAIL_RECORDS = "Amazon-Chime-Voice-Connector-SDRs/json/*";

/** Of all connectors in the bucket: with a folder for each of ours, thirty of them would be too many for a policy. */
function readDetailRecords(bucket: string): Statement[] {
  return [
    {
      Sid: "ReadDetailRecords",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/${DETAIL_RECORDS}`,
    },
    {
      Sid: "ListDetailRecords",
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: `arn:aws:s3:::${bucket}`,
      Condition: { StringLike: { "s3:prefix": DETAIL_RECORDS } },
    },
  ];
}

/** Of the tasks that read calls while they are spoken. A message is replaced by a fresh one before SQS takes it back. */
export function liveStatements(reach: Reach, clusterName: string): Statement[] {
  const { accountId, region } = reach;
  return [
    readStreams(reach, [...ARCHIVE_ACTIONS, "kinesisvideo:GetMedia"]),
    keepRecordings(reach),
    listRecordings(reach),
    ...useKey(reach),
    takeEvents(reach, ["sqs:SendMessage"]),
    putAside(reach),
    {
      Sid: "ProtectTask",
      Effect: "Allow",
      Action: ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
      Resource: `arn:aws:ecs:${region}:${accountId}:task/${clusterName}/*`,
    },
  ];
}

const ECR_IMAGE = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([a-z0-9][a-z0-9._/-]*)/;

/** Of the agent that starts tasks: it pulls the image, where that is in ECR, and writes what the container prints. */
export function executionStatements(image: string, logGroupArn: string): Statement[] {
  const logs: Statement = {
    Sid: "WriteLogs",
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: `${logGroupArn}:*`,
  };
  const [, accountId, region, repository] = ECR_IMAGE.exec(image) ?? [];
  if (repository === undefined) return [logs];
  return [
    { Sid: "LogInToRegistry", Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Sid: "PullImage",
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: `arn:aws:ecr:${region}:${accountId}:repository/${repository}`,
    },
    logs,
  ];
}
