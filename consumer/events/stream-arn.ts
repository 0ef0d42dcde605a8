/** A Kinesis video stream, taken apart from its ARN. */
export interface StreamArn {
  /** The ARN as given, without white space. */
  arn: string;
  partition: string;
  region: string;
  accountId: string;
  streamName: string;
}

const ARN = /^arn:(aws[a-z0-9-]*):kinesisvideo:([a-z0-9-]+):(\d{12}):stream\/([A-Za-z0-9_.-]{1,256})\/(\d+)$/;

/**
 * `arn:aws:kinesisvideo:<region>:<account>:stream/<name>/<creation epoch ms>`, or undefined for anything else.
 * White space is dropped: real events have been seen with line breaks copied into the ARN.
 *
 * The form is that of https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/how-iam.html.
 */
export function parseStreamArn(text: string): StreamArn | undefined {
  const arn = text.replace(/\s+/g, "");
  const match = ARN.exec(arn);
  if (!match) return undefined;
  const [, partition, region, accountId, streamName] = match;
  return { arn, partition: partition!, region: region!, accountId: accountId!, streamName: streamName! };
}
