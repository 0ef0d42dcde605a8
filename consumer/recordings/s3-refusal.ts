import { AwsCallError } from "../../aws/call-error.js";

/** A conditional write that lost: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const CONDITION_FAILED = new Set(["PreconditionFailed", "ConditionalRequestConflict"]);
const NOT_THERE = new Set(["NoSuchKey", "NotFound"]);

/** Whether somebody else's write came first. */
export function isConditionFailed(error: unknown): boolean {
  return error instanceof AwsCallError && CONDITION_FAILED.has(error.code);
}

export function isNotThere(error: unknown): boolean {
  return error instanceof AwsCallError && NOT_THERE.has(error.code);
}

/** The answer, or undefined where the object is not there. */
export async function unlessMissing<Answer>(answer: Promise<Answer>, bucket: string): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    if (isNotThere(error)) return undefined;
    throw refusal(error, bucket);
  }
}

/** The action that allows ListObjectsV2 has another name. */
export function listRefusal(error: unknown, bucket: string): unknown {
  if (!(error instanceof AwsCallError) || error.kind !== "accessDenied") return error;
  const text = `AWS denied s3:ListBucket on ${bucket}, by which what is in it is found. Allow it for these credentials.`;
  return new AwsCallError(error.kind, error.code, "s3:ListBucket", error.region, text, error.cause);
}

/** Who may not list a bucket gets 403 for an object that is not there: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
function refusal(error: AwsCallError, bucket: string): AwsCallError {
  const { kind, code, action, region, message, cause } = error;
  if (kind !== "accessDenied") return error;
  const hint = `To whoever lacks s3:ListBucket on the bucket, S3 says so of every object that does not exist: allow s3:GetObject on the objects of ${bucket} and s3:ListBucket on ${bucket} itself.`;
  return new AwsCallError(kind, code, action, region, `${message} ${hint}`, cause);
}
