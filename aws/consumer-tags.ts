/** The tag by which a consumer's resources are found; its value is the component's name. */
export const CONSUMER_TAG = "chime-voice-streaming:consumer";

/** On a consumer's queue: `<version of this package> <mode>`, as deployed. */
export const DEPLOYED_TAG = "chime-voice-streaming:deployed";

/** On a consumer's queue: where recordings go, `s3://bucket/prefix`. Left out where that is too long for a tag. */
export const RECORDINGS_TAG = "chime-voice-streaming:recordings";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html */
export const LONGEST_TAG_VALUE = 256;

/** What the name of a consumer's queue ends with. */
export function queueNameEnd(region: string): string {
  return `-${region}-events`;
}
