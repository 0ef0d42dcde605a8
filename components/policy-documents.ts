/** One statement of an IAM policy. */
export interface Statement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | Record<string, string>;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export function policyDocument(...statements: (Statement | Statement[])[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements.flat() });
}

/** Who may take a role on. */
export function trustPolicy(service: "lambda" | "ecs-tasks", accountId?: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Assume",
        Effect: "Allow",
        Principal: { Service: `${service}.amazonaws.com` },
        Action: "sts:AssumeRole",
        ...(accountId && { Condition: { StringEquals: { "aws:SourceAccount": accountId } } }),
      },
    ],
  });
}

function denyWithoutTls(action: string, resource: string | string[]): Statement {
  return {
    Sid: "DenyWithoutTls",
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resource,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

/** Of the queue, and of its dead-letter queue, where EventBridge leaves what it could not deliver. */
export function queuePolicy(queueArn: string, ruleArn: string): string {
  return policyDocument(
    {
      Sid: "EventsOfThisRule",
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: queueArn,
      Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
    },
    denyWithoutTls("sqs:*", queueArn),
  );
}

export function bucketPolicy(bucketArn: string): string {
  return policyDocument(denyWithoutTls("s3:*", [bucketArn, `${bucketArn}/*`]));
}

/** After so many deliveries a message goes to the dead-letter queue. */
export function redrivePolicy(deadLetterArn: string, maxReceiveCount: number): string {
  return JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount });
}

export function redriveAllowPolicy(queueArn: string): string {
  return JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [queueArn] });
}
